#include "temperature.h"

// On pins 10, 11, 12, but not by the chip's own SPI: its clock is the light's pin.
static const uint8_t SELECT = _BV(2), CLOCK = _BV(3), DATA = _BV(4); // of port B

// MAX31855, 32 bits: always zero are 17 and 3; 16 and 2 to 0 tell of broken wires.
static const uint32_t NEVER_SET = 0x00020008, BROKEN = 0x00010007;

void Thermocouple::begin() {
  DDRB |= SELECT | CLOCK;
  PORTB |= SELECT | DATA; // pulled up: no chip reads as ones, which NEVER_SET tells
}

static uint32_t read_chip() {
  uint32_t word = 0;
  PORTB &= ~SELECT;
  for (uint8_t bit = 0; bit < 32; bit++) {
    word <<= 1;
    if (PINB & DATA) word |= 1;
    PORTB |= CLOCK;
    PORTB &= ~CLOCK;
  }
  PORTB |= SELECT;
  return word;
}

void Thermocouple::read() {
  uint32_t word = read_chip();
  is_readable = word && !(word & (NEVER_SET | BROKEN)); // all zeros: a short
  if (is_readable) celsius = (int16_t)(word >> 16) >> 4;
}

void Thermocouple::sample(const Heat &heat) {
  if (!heat.hot_c) {
    activity = ACTIVITY_IDLE; // not fitted: the current alone decides
    is_readable = false;
    return;
  }
  read();
  Activity seen = activity;
  if (!is_readable) seen = ACTIVITY_UNKNOWN;
  else if (celsius >= (int16_t)heat.hot_c) seen = ACTIVITY_RUNNING;
  else if (celsius <= (int16_t)heat.cold_c || activity == ACTIVITY_UNKNOWN) seen = ACTIVITY_IDLE;
  if (seen == activity) {
    streak = 0;
  } else if (++streak >= READS_TO_JUDGE) {
    activity = seen;
    streak = 0;
  }
}
