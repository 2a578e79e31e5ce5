/* One program on one real firmware image under libsimavr, as fast as the computer goes.
 *
 *   avr_run IMAGE.elf MCU BAUD WINDOW [CHANNEL=MILLIVOLTS]... < LINES
 *
 * The lines before one that reads "--" set the board up, one after the other; those
 * after it are streamed, WINDOW bytes under way at most. For each of these its answer's
 * moment is printed, in seconds of the board's own time since the first was sent. An
 * answer that is not "ok" (or a board silent for too long) ends the run with exit 1.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "avr_board.h"

enum { LINES_MAX = 200000, BOOT_S = 4, SILENCE_S = 400 };

static char *lines[LINES_MAX];
static int line_count, first_streamed = -1, sent, answered, under_way;
static size_t at_byte;
static int window_bytes;
static long baud;
static double start_s, heard_s;
static char said[512];
static size_t said_bytes;
static int failed;

static void take_answer(void)
{
    if (!strncmp(said, "ok", 2)) {
        if (answered >= first_streamed) printf("%.4f\n", board_s() - start_s);
        under_way -= strlen(lines[answered]);
        answered++;
    } else if (!strncmp(said, "error", 5) || !strncmp(said, "Error", 5) || !strncmp(said, "ALARM", 5) ||
               strstr(said, "cold extrusion")) {
        if (answered >= line_count || first_streamed < 0) return;
        fprintf(stderr, "%s after %s", said, lines[answered]);
        failed = 1;
    }
}

static void byte_out(avr_irq_t *irq, uint32_t value, void *param)
{
    heard_s = board_s();
    if (value == '\n' || value == '\r') {
        said[said_bytes] = 0;
        if (said_bytes && sent) take_answer();
        said_bytes = 0;
    } else if (said_bytes < sizeof said - 1)
        said[said_bytes++] = value;
}

/* How many bytes may be under way: a line of the setting up waits for the one before. */
static int may_send(void)
{
    if (sent >= line_count) return 0;
    if (at_byte) return 1;
    if (sent < first_streamed) return answered == sent;
    if (sent == first_streamed && answered < sent) return 0;
    return !under_way || under_way + (int)strlen(lines[sent]) <= window_bytes;
}

static avr_cycle_count_t feed(avr_t *board, avr_cycle_count_t when, void *param)
{
    if (is_free && may_send()) {
        if (!at_byte) {
            if (sent == first_streamed) start_s = board_s();
            under_way += strlen(lines[sent]);
        }
        avr_raise_irq(uart_input, (uint8_t)lines[sent][at_byte++]);
        if (!lines[sent][at_byte]) sent++, at_byte = 0;
    }
    return when + (avr_cycle_count_t)CLOCK_HZ * 10 / baud;
}

static void read_lines(void)
{
    char text[256];
    while (fgets(text, sizeof text, stdin) && line_count < LINES_MAX) {
        if (!strcmp(text, "--\n")) first_streamed = line_count;
        else lines[line_count++] = strdup(text);
    }
    if (first_streamed < 0) first_streamed = 0;
}

int main(int argc, char **argv)
{
    if (argc < 5) return 2;
    baud = atol(argv[3]);
    window_bytes = atoi(argv[4]);
    if (!start_board(argv[1], argv[2], byte_out)) return 2;
    for (int i = 5; i < argc; i++) {
        int channel, millivolts;
        if (sscanf(argv[i], "%d=%d", &channel, &millivolts) == 2)
            avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, channel), millivolts);
    }
    read_lines();
    avr_cycle_timer_register(avr, (avr_cycle_count_t)CLOCK_HZ * BOOT_S, feed, NULL);
    while (!failed && answered < line_count) {
        int state = avr_run(avr);
        if (state == cpu_Done || state == cpu_Crashed) return 3;
        if (board_s() > BOOT_S && board_s() - heard_s > SILENCE_S) return 4;
    }
    return failed;
}
