// A small SSD1306 display of 128 by 64 dots on I2C (A4, A5): four lines of text, two of
// them large. No picture is kept: one letter is drawn at a time, over and over, so that
// a display that was plugged in late, or disturbed, is right again within a second.
#pragma once
#include <Arduino.h>

const uint8_t SMALL_COLUMNS = 21, LARGE_COLUMNS = 10;
enum Line : uint8_t { LINE_NAME, LINE_STATE, LINE_COUNT, LINE_HINT, LINE_GAP };

// Fills text with at most SMALL_COLUMNS (or LARGE_COLUMNS) letters and an end; state and
// count are large, a gap is empty.
typedef void (*Compose)(Line line, char *text);

class Display {
public:
  explicit Display(Compose compose) : compose(compose) {}
  // Call often: does nothing for LETTER_MS, then takes half a millisecond at most. A
  // display that is away or blocks the wires costs a tenth of one, once a second.
  void turn(uint32_t now_ms);
  bool is_here = false;

private:
  bool wake();
  void begin_strip();
  bool draw(char letter);
  Compose compose;
  char text[SMALL_COLUMNS + 2]; // and a blank to the edge
  uint32_t drawn_ms = 0;
  uint8_t strip = 0, column = 0;
};
