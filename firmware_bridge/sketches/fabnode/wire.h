// What the lines say: commands from the host, and the node's own words.
#pragma once
#include "current.h"
#include "display.h"
#include "frame.h"
#include "identity.h"
#include "kept.h"
#include "temperature.h"

class Wire {
public:
  Wire(Identity &identity, CurrentSensor &sensor, Thermocouple &heat, Display &display)
      : identity(identity), sensor(sensor), heat(heat), display(display) {}
  void banner(uint8_t reset_cause, bool memory_kept); // at every start
  void listen();                                      // reads what has come, answers it
  void heartbeat();
  void repeat_event(uint32_t now_ms); // the oldest one, until it is acknowledged
  uint32_t heard_ms = 0;              // when the host last said something intact

private:
  void obey(char *body);
  const __FlashStringHelper *carry_out(const char *verb, char *words[]); // 0: done
  const __FlashStringHelper *adopt(char *words[]);
  const __FlashStringHelper *arm(char *words[]);
  const __FlashStringHelper *tune(char *words[]);
  const __FlashStringHelper *set_heat(char *words[]);
  const __FlashStringHelper *set_label(char *words[]);
  void hello(FrameWriter &line);
  void state(FrameWriter &line);
  FrameReader reader;
  Identity &identity;
  CurrentSensor &sensor;
  Thermocouple &heat;
  Display &display;
  uint16_t heartbeats = 0;
  uint16_t sent_sequence = 0;
  uint32_t sent_ms = 0;
  uint8_t reset_cause = 0;
  bool memory_kept = false;
};
