// Is the machine hot: a type K thermocouple behind a MAX31855, with hysteresis.
#pragma once
#include "current.h"
#include "identity.h"

const uint8_t READS_TO_JUDGE = 4; // a second, at one reading every READ_MS
const uint16_t READ_MS = 250;     // the chip converts for 100 ms

class Thermocouple {
public:
  void begin();
  void sample(const Heat &heat); // every READ_MS
  Activity activity = ACTIVITY_UNKNOWN;
  int16_t celsius = 0;
  bool is_readable = false;

private:
  void read();
  uint8_t streak = 0;
};
