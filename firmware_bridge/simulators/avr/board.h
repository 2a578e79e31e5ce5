/* An ATmega328P board under libsimavr, as the host program sees it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { POWER_ON_RESET = 1, EXTERNAL_RESET = 2, CHANNELS = 8, PINS = 9 };

typedef enum { RUN_ON, RUN_TURN, RUN_OVER } run_t; /* TURN: a millisecond has passed */

typedef struct { int zero_mv, rms_mv; double hertz; } signal_t;

typedef struct {
    const char *eeprom_path; /* or NULL */
    const char *loader_path; /* a boot loader as Intel hex; or NULL */
    long baud;
    void (*byte_out)(uint8_t byte);
} board_options_t;

/* What is still to happen to the next bytes, host to board and back. */
typedef struct {
    unsigned garble_in, drop_in, garble_out, drop_out;
    unsigned noise_permille, seed;
} faults_t;
extern faults_t faults;

int board_start(const char *image_path, board_options_t options); /* NULL: blank; 0: can't be read */
run_t board_run(void);
double board_time_s(void);

/* Never while the board runs: simavr's timers don't survive a reset from within. */
void board_reset(int cause);
void board_wedge(int with_interrupts); /* an endless loop */
void board_save(void);  /* EEPROM to its file */
void board_cut_at(unsigned writes); /* power is cut within that EEPROM write from now on */

void board_take(const uint8_t *bytes, size_t count);    /* from the line */
void board_drive(int pin, int level);                   /* digital pins 0 to 8 */
void board_pulse(int pin, int count, int each_ms, int bounces);
void board_signal(int channel, signal_t signal);
void board_stat(unsigned long taken, unsigned long given); /* one line on standard output */
void board_peek(unsigned address, unsigned count);      /* likewise: data memory */
