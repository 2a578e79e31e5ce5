// What the display says to the person at the machine: name, state, count, what to do.
#pragma once
#include "display.h"
#include "identity.h"
#include "temperature.h"

void compose_line(Line line, char *text, const Identity &identity, const Thermocouple &heat,
                  bool is_host_away);
