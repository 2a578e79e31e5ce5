// Buttons and the piece counter: contacts to ground that bounce.
#pragma once
#include <Arduino.h>

const uint8_t DEBOUNCE_MS = 20; // a level counts once it has held this long
const uint16_t PRESS_MS = 600;  // a press counts once it has held this long

class Contact {
public:
  explicit Contact(uint8_t pin) : pin(pin) {}
  void begin() { pinMode(pin, INPUT_PULLUP); }
  bool closed_now(uint8_t passed_ms); // true once, when it has closed for sure
  bool is_closed() const { return closed; }

private:
  uint8_t pin;
  uint8_t held_ms = 0;
  bool closed = true; // a contact that is stuck at the start must open first
};

class Button {
public:
  explicit Button(uint8_t pin) : contact(pin) {}
  void begin() { contact.begin(); }
  bool pressed_now(uint8_t passed_ms); // true once a press, after PRESS_MS
  bool is_down() const { return contact.is_closed(); }

private:
  Contact contact;
  uint16_t down_ms = PRESS_MS; // as if already reported
};
