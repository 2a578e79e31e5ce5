// How much memory the stack has never used: painted before the program, looked at later.
#pragma once
#include <stdint.h>

uint16_t free_stack(); // bytes, since the last reset
