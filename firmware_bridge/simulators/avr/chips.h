/* What may be wired to the board: a thermocouple's chip, and a display. */
#pragma once
#include <simavr/sim_avr.h>
#include <stdint.h>

typedef enum { DISPLAY_AWAY, DISPLAY_HERE, DISPLAY_STUCK } display_t; /* STUCK: holds the clock low */

void chips_connect(avr_t *avr, unsigned (*chance)(void));
void chips_hold(int bit, int level); /* of port B, from outside */
void chips_power_cut(void);
void chips_thermocouple(uint32_t word); /* what a MAX31855 would say; all ones: no chip */
void chips_display(display_t display);
void chips_show(void); /* one line on standard output: the display's dots */
