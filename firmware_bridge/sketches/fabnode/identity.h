// Who this board is and how it is tuned: two EEPROM copies, each with a checksum.
#pragma once
#include <Arduino.h>

enum IdentityState : uint8_t {
  IDENTITY_OK,
  IDENTITY_BLANK,   // never adopted
  IDENTITY_CORRUPT, // both copies broken: nothing in them is believed
  IDENTITY_MENDED,  // one copy was broken, the other one holds
};

// What differs from one machine and sensor to the next.
struct Tuning {
  uint16_t on_mv, off_mv; // RMS: running from on_mv, idle again from off_mv
  uint16_t zero_mv;       // what the sensor shows without current
  uint16_t mv_per_a;      // only reported: the host turns it into amperes
  uint8_t has_counter;
};

struct Record {
  uint16_t layout;
  uint16_t generation; // the newer of the two copies counts
  uint16_t boot;       // starts with empty memory since adoption
  char uuid[37];
  Tuning tuning;
  uint16_t crc;
};

class Identity {
public:
  void load();
  bool known() const { return state == IDENTITY_OK || state == IDENTITY_MENDED; }
  bool adopt(const char *uuid, uint16_t boot); // false: it has another name already
  void next_boot();
  bool tune(const Tuning &tuning); // false: out of range
  const __FlashStringHelper *state_name() const;
  Record record;
  IdentityState state;

private:
  void save();
};

bool is_uuid(const char *text);
