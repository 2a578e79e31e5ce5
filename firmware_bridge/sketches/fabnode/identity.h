// Who this board is and how it is tuned: two EEPROM copies, each with a checksum.
#pragma once
#include <Arduino.h>

enum IdentityState : uint8_t {
  IDENTITY_OK,
  IDENTITY_BLANK,   // never adopted
  IDENTITY_CORRUPT, // both copies broken: nothing in them is believed
  IDENTITY_MENDED,  // one copy was broken, the other one holds
};

enum MachineKind : uint8_t { KIND_OTHER, KIND_LASER, KIND_SEWING, KIND_DRILL, KIND_KILN };
const uint8_t KINDS = 5;
const uint8_t NAME_MAX = 16;
const uint16_t CELSIUS_MAX = 1372; // what a type K thermocouple can tell

// What differs from one machine and sensor to the next.
struct Tuning {
  uint16_t on_mv, off_mv; // RMS: running from on_mv, idle again from off_mv
  uint16_t zero_mv;       // what the sensor shows without current
  uint16_t mv_per_a;      // only reported: the host turns it into amperes
  uint8_t has_counter;
};

struct Heat {
  uint16_t hot_c, cold_c; // at work from hot_c, at rest again from cold_c; 0: not fitted
};

struct Label {
  uint8_t kind;
  char name[NAME_MAX + 1]; // for the display; '_' is shown as a space
};

struct Record {
  uint16_t layout;
  uint16_t generation; // the newer of the two copies counts
  uint16_t boot;       // starts with empty memory since adoption
  char uuid[37];
  Tuning tuning;
  Heat heat;
  Label label;
  uint16_t crc;
};

class Identity {
public:
  void load();
  bool known() const { return state == IDENTITY_OK || state == IDENTITY_MENDED; }
  bool adopt(const char *uuid, uint16_t boot); // false: it has another name already
  void next_boot();
  // What is the same already is not written again, and not often: a cell takes 100,000
  // writes. 0: done, else why not.
  const __FlashStringHelper *tune(const Tuning &tuning);
  const __FlashStringHelper *set_heat(const Heat &heat);
  const __FlashStringHelper *set_label(const Label &label);
  void minute_passed() { saves_left += saves_left < SAVES_AT_ONCE; }
  const __FlashStringHelper *state_name() const;
  Record record;
  IdentityState state;

private:
  static const uint8_t SAVES_AT_ONCE = 16; // then one a minute
  template <typename Part>
  const __FlashStringHelper *change(Part &part, const Part &wanted);
  void save();
  uint8_t saves_left = SAVES_AT_ONCE;
};

bool is_uuid(const char *text);
