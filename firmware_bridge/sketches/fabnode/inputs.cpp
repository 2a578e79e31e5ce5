#include "inputs.h"

bool Contact::closed_now(uint8_t passed_ms) {
  bool level = digitalRead(pin) == LOW;
  if (level == closed) {
    held_ms = 0;
    return false;
  }
  held_ms += passed_ms;
  if (held_ms < DEBOUNCE_MS) return false;
  held_ms = 0;
  closed = level;
  return closed;
}

bool Button::pressed_now(uint8_t passed_ms) {
  if (contact.closed_now(passed_ms)) down_ms = 0;
  if (!contact.is_closed() || down_ms >= PRESS_MS) return false;
  down_ms += passed_ms;
  return down_ms >= PRESS_MS;
}
