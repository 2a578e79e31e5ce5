#include "display.h"
#include "font.h"
#include <util/twi.h>

static const uint8_t WIDTH = 128;
static const uint8_t ADDRESS = 0x3C << 1;
static const uint8_t ONE_COMMAND = 0x80, MANY_COMMANDS = 0x00, DOTS = 0x40;
static const uint8_t LETTER_MS = 4;
static const uint16_t LOOK_AGAIN_MS = 1000;
static const uint8_t WAIT_TURNS = 200; // about 100 us; a byte takes 23

// A strip is eight dots high; a large line is two of them.
struct Strip {
  uint8_t page;
  Line line;
  int8_t half; // of large letters: 0 upper, 1 lower; -1: small letters
};
static const Strip STRIPS[] PROGMEM = {{0, LINE_NAME, -1}, {1, LINE_GAP, -1},  {2, LINE_STATE, 0},
                                       {3, LINE_STATE, 1}, {4, LINE_GAP, -1},  {5, LINE_COUNT, 0},
                                       {6, LINE_COUNT, 1}, {7, LINE_HINT, -1}};

// 64 rows, charge pump, right way up, addressed page by page, on.
static const uint8_t WAKE[] PROGMEM = {0xA8, 0x3F, 0xD3, 0x00, 0x40, 0xA1, 0xC8, 0xDA, 0x12, 0x81,
                                       0x7F, 0xA4, 0xA6, 0xD5, 0x80, 0x8D, 0x14, 0x20, 0x02, 0xAF};

static bool is_over() {
  for (uint8_t turns = 0; turns < WAIT_TURNS; turns++)
    if (TWCR & _BV(TWINT)) return true;
  return false;
}

static bool send(uint8_t byte) {
  TWDR = byte;
  TWCR = _BV(TWINT) | _BV(TWEN);
  return is_over() && (TW_STATUS == TW_MT_SLA_ACK || TW_STATUS == TW_MT_DATA_ACK);
}

static bool open_bus() {
  PORTC |= _BV(4) | _BV(5); // pulled up, or nothing there would look like somebody talking
  TWSR = 0;
  TWBR = (F_CPU / 400000 - 16) / 2;
  TWCR = _BV(TWINT) | _BV(TWSTA) | _BV(TWEN);
  return is_over() && TW_STATUS == TW_START && send(ADDRESS);
}

static bool close_bus(bool is_good) {
  TWCR = _BV(TWINT) | _BV(TWSTO) | _BV(TWEN);
  for (uint8_t turns = 0; turns < WAIT_TURNS && TWCR & _BV(TWSTO); turns++) {}
  if (!is_good || TWCR & _BV(TWSTO)) TWCR = 0; // let go of wires that somebody blocks
  return is_good;
}

bool Display::wake() {
  bool is_good = open_bus() && send(MANY_COMMANDS);
  for (uint8_t at = 0; is_good && at < sizeof WAKE; at++) is_good = send(pgm_read_byte(WAKE + at));
  return close_bus(is_good);
}

void Display::begin_strip() {
  column = 0;
  Line line = (Line)pgm_read_byte(&STRIPS[strip].line);
  memset(text, 0, sizeof text);
  compose(line, text);
}

// Four dots become eight: each bit twice.
static uint8_t stretched(uint8_t nibble) {
  uint8_t byte = 0;
  for (uint8_t bit = 0; bit < 4; bit++)
    if (nibble & _BV(bit)) byte |= 3 << (2 * bit);
  return byte;
}

bool Display::draw(char letter) {
  int8_t half = pgm_read_byte(&STRIPS[strip].half);
  uint8_t each = half < 0 ? 1 : 2;
  uint8_t at = column * each * (GLYPH_COLUMNS + 1);
  bool is_good = open_bus() && send(ONE_COMMAND) &&
                 send(0xB0 | pgm_read_byte(&STRIPS[strip].page)) && send(ONE_COMMAND) &&
                 send(at & 15) && send(ONE_COMMAND) && send(0x10 | at >> 4) && send(DOTS);
  letter = toupper(letter);
  if (letter < FIRST_GLYPH || letter > LAST_GLYPH) letter = FIRST_GLYPH;
  for (uint8_t x = 0; is_good && x <= GLYPH_COLUMNS && at < WIDTH; x++, at += each) {
    uint8_t dots = x < GLYPH_COLUMNS ? pgm_read_byte(&FONT[letter - FIRST_GLYPH][x]) : 0;
    if (half >= 0) dots = stretched(half ? dots >> 4 : dots & 15);
    is_good = send(dots) && (half < 0 || send(dots));
  }
  return close_bus(is_good);
}

void Display::turn(uint32_t now_ms) {
  if (now_ms - drawn_ms < (is_here ? LETTER_MS : LOOK_AGAIN_MS)) return;
  drawn_ms = now_ms;
  if (!is_here) {
    is_here = wake();
    strip = 0;
    begin_strip();
    return;
  }
  is_here = draw(text[column]);
  column++;
  bool is_large = (int8_t)pgm_read_byte(&STRIPS[strip].half) >= 0;
  if (column <= (is_large ? LARGE_COLUMNS : SMALL_COLUMNS)) return;
  strip = (strip + 1) % (sizeof STRIPS / sizeof *STRIPS);
  if (strip == 0) is_here = is_here && wake(); // one plugged in anew forgot all
  begin_strip();
}
