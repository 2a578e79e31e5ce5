#include "identity.h"
#include "frame.h"
#include <avr/eeprom.h>

static const uint16_t LAYOUT = 0xFA02;
static const uint8_t COPY_BYTES = 128; // one copy, with room to grow

static uint8_t *copy_at(uint8_t which) { return (uint8_t *)(uint16_t)(which * COPY_BYTES); }

static uint16_t crc_of(const Record &record) {
  return crc16(0xFFFF, &record, offsetof(Record, crc));
}

static bool read_copy(uint8_t which, Record &record) {
  eeprom_read_block(&record, copy_at(which), sizeof record);
  return record.layout == LAYOUT && record.crc == crc_of(record) && is_uuid(record.uuid);
}

static bool is_blank(uint8_t which) {
  for (uint8_t i = 0; i < sizeof(Record); i++)
    if (eeprom_read_byte(copy_at(which) + i) != 0xFF) return false;
  return true;
}

bool is_uuid(const char *text) {
  for (uint8_t i = 0; i < 36; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !isxdigit(text[i])) return false;
  }
  return text[36] == 0;
}

void Identity::load() {
  Record other;
  bool first = read_copy(0, record), second = read_copy(1, other);
  bool blank = (first || is_blank(0)) && (second || is_blank(1));
  if (second && (!first || (int16_t)(other.generation - record.generation) > 0)) record = other;
  if (first || second) {
    state = blank ? IDENTITY_OK : IDENTITY_MENDED;
    // The broken copy may have been the newer one: never give a boot number twice.
    if (state == IDENTITY_MENDED) next_boot();
    return;
  }
  state = blank ? IDENTITY_BLANK : IDENTITY_CORRUPT;
  memset(&record, 0, sizeof record);
  strcpy_P(record.uuid, PSTR("00000000-0000-0000-0000-000000000000"));
  record.tuning = {60, 35, 2500, 185, 1}; // ACS712, 5 A: running from a third of an ampere
  strcpy_P(record.label.name, PSTR("fabnode"));
}

void Identity::save() {
  record.layout = LAYOUT;
  record.generation++;
  record.crc = crc_of(record);
  eeprom_update_block(&record, copy_at(record.generation & 1), sizeof record);
}

bool Identity::adopt(const char *uuid, uint16_t boot) {
  if (known()) return strcasecmp(uuid, record.uuid) == 0;
  strcpy(record.uuid, uuid);
  record.boot = boot;
  save();
  save(); // both copies, so that no remains of the broken ones stay
  state = IDENTITY_OK;
  return true;
}

void Identity::next_boot() {
  if (!known()) return;
  record.boot++;
  save();
}

template <typename Part>
const __FlashStringHelper *Identity::change(Part &part, const Part &wanted) {
  if (!known()) return F("identity");
  if (memcmp(&part, &wanted, sizeof part) == 0) return 0;
  if (!saves_left) return F("wear");
  saves_left--;
  part = wanted;
  save();
  return 0;
}

const __FlashStringHelper *Identity::tune(const Tuning &tuning) {
  if (tuning.off_mv < 5 || tuning.on_mv > 2000 || tuning.off_mv >= tuning.on_mv) return F("range");
  if (tuning.zero_mv > 5000 || !tuning.mv_per_a || tuning.has_counter > 1) return F("range");
  return change(record.tuning, tuning);
}

const __FlashStringHelper *Identity::set_heat(const Heat &heat) {
  bool is_fitted = heat.hot_c || heat.cold_c;
  if (is_fitted && (heat.hot_c > CELSIUS_MAX || heat.cold_c >= heat.hot_c)) return F("range");
  return change(record.heat, heat);
}

const __FlashStringHelper *Identity::set_label(const Label &label) {
  return label.kind < KINDS ? change(record.label, label) : F("range");
}

const __FlashStringHelper *Identity::state_name() const {
  switch (state) {
  case IDENTITY_OK: return F("ok");
  case IDENTITY_BLANK: return F("blank");
  case IDENTITY_CORRUPT: return F("corrupt");
  default: return F("mended");
  }
}
