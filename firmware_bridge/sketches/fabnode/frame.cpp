#include "frame.h"
#include <util/crc16.h>

static const char DIGITS[] = "0123456789ABCDEF";

uint16_t crc16(uint16_t crc, const void *bytes, uint16_t count) {
  const uint8_t *at = (const uint8_t *)bytes;
  while (count--) crc = _crc_xmodem_update(crc, *at++);
  return crc;
}

bool FrameReader::feed(uint8_t byte) {
  if (byte == '@') { // always a new line: a damaged one can't swallow the next
    if (inside) bad++;
    inside = true;
    length = 0;
    return false;
  }
  if (!inside) return false;
  if (byte == '\n') {
    inside = false;
    if (close()) return true;
    bad++;
    return false;
  }
  if (length >= sizeof body - 1 || byte < ' ' || byte > '~') {
    inside = false;
    bad++;
    return false;
  }
  body[length++] = byte;
  return false;
}

bool FrameReader::close() {
  if (length < 6 || body[length - 5] != '*') return false;
  uint16_t crc = crc16(0xFFFF, body, length - 5);
  for (uint8_t digit = 4; digit > 0; digit--, crc >>= 4)
    if (body[length - 5 + digit] != DIGITS[crc & 15]) return false;
  body[length - 5] = 0;
  return true;
}

FrameWriter::FrameWriter(char kind) {
  Serial.write('@');
  write(kind);
}

FrameWriter::~FrameWriter() {
  Serial.write('*');
  for (int8_t shift = 12; shift >= 0; shift -= 4) Serial.write(DIGITS[(crc >> shift) & 15]);
  Serial.write('\n');
}

size_t FrameWriter::write(uint8_t byte) {
  crc = _crc_xmodem_update(crc, byte);
  return Serial.write(byte);
}

void FrameWriter::word(const __FlashStringHelper *text) {
  write(' ');
  print(text);
}

void FrameWriter::field(const __FlashStringHelper *name, uint32_t value) {
  word(name);
  write('=');
  print(value);
}

void FrameWriter::field(const __FlashStringHelper *name, const char *value) {
  word(name);
  write('=');
  print(value);
}

void FrameWriter::field(const __FlashStringHelper *name, const __FlashStringHelper *value) {
  word(name);
  write('=');
  print(value);
}
