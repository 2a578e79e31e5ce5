// Is the machine drawing current: the RMS distance of the sensor from its zero.
#pragma once
#include <Arduino.h>

enum Activity : uint8_t { ACTIVITY_UNKNOWN, ACTIVITY_IDLE, ACTIVITY_RUNNING };

const uint16_t WINDOW_SAMPLES = 256; // about 262 ms: 13 waves of 50 Hz, 16 of 60 Hz
const uint8_t WINDOWS_TO_RUN = 2;    // half a second of current: it runs
const uint8_t WINDOWS_TO_IDLE = 4;   // a second without: it is idle

class CurrentSensor {
public:
  void begin();
  // Takes one sample; true when a window has ended and activity is up to date.
  bool sample(uint16_t on_mv, uint16_t off_mv, uint16_t zero_mv);
  Activity activity = ACTIVITY_UNKNOWN;
  uint16_t rms_mv = 0;
  uint16_t mean_mv = 0;
  bool at_rail = false; // unplugged or shorted: says nothing about the machine

private:
  void judge(uint16_t on_mv, uint16_t off_mv);
  uint32_t squares = 0;
  uint32_t sum = 0;
  uint16_t count = 0;
  uint8_t rail_count = 0;
  uint8_t streak = 0;
};
