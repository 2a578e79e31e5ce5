#include "stack.h"
#include <avr/io.h>

extern uint8_t __heap_start; // what follows the last variable; nothing here has a heap
static const uint8_t PAINT = 0xC5;

void paint_stack() __attribute__((naked, used, section(".init3")));
void paint_stack() {
  for (uint8_t *at = &__heap_start; at < (uint8_t *)SP; at++) *at = PAINT;
}

uint16_t free_stack() {
  uint16_t count = 0;
  for (const uint8_t *at = &__heap_start; *at == PAINT; at++) count++;
  return count;
}
