// One line of the wire: '@' body '*' CRC-16 '\n', in and out.
#pragma once
#include <Arduino.h>

const uint8_t BODY_MAX = 79; // longest command body, in bytes

uint16_t crc16(uint16_t crc, const void *bytes, uint16_t count);

// Collects bytes until a whole, intact line is there.
class FrameReader {
public:
  bool feed(uint8_t byte); // true: text() holds the body of an intact line
  char *text() { return body; }
  uint16_t bad = 0; // lines thrown away: wrong checksum, form or length

private:
  bool close();
  char body[BODY_MAX + 6]; // body, '*', four digits, end
  uint8_t length = 0;
  bool inside = false;
};

// Prints one line and checksums it as it goes out.
class FrameWriter : public Print {
public:
  explicit FrameWriter(char kind);
  ~FrameWriter(); // ends the line
  size_t write(uint8_t byte) override;
  void field(const __FlashStringHelper *name, uint32_t value);
  void field(const __FlashStringHelper *name, const char *value);
  void field(const __FlashStringHelper *name, const __FlashStringHelper *value);
  void word(const __FlashStringHelper *text);

private:
  uint16_t crc = 0xFFFF;
};
