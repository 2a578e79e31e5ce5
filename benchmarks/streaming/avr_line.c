/* One real firmware image under libsimavr, its serial line on a pseudo-terminal, both at
 * the wall's pace.
 *
 *   avr_line IMAGE.elf MCU BAUD
 *
 * The port is told in one line of JSON. A line on standard input asks for what was
 * counted: the lines of program (all with an X) that went into the board, the seconds of the
 * board's own time from the first to the last of them, and how many seconds of its time
 * the board lived in one of the wall's since the asking before: below 1, the computer was
 * too slow for it. The end of the input ends it.
 *
 * Between the terminal's ends a worker of the kernel carries the bytes; on a busy computer
 * it waits for its turn longer than a board has lines for. The board's time stands
 * meanwhile: what counts is the host, not that worker.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "avr_board.h"

static const double AHEAD_S = 0.0005, BEHIND_S = 0.25;
enum { LOOKS_A_SECOND = 4000 };

static int master, slave;
static char line[256];
static size_t length;
static unsigned long lines;
static double start_s, first_s, last_s, asked_board_s, asked_s;

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static void byte_out(avr_irq_t *irq, uint32_t value, void *param)
{
    uint8_t byte = value;
    if (write(master, &byte, 1) < 0) return; /* nobody reads: as on a wire */
}

static void count(uint8_t byte)
{
    if (byte != '\n') {
        if (length < sizeof line - 1) line[length++] = byte;
        return;
    }
    line[length] = 0;
    length = 0;
    if (!strchr(line, 'X')) return;
    last_s = board_s();
    if (!lines++) first_s = last_s;
}

/* A byte of the host's, if there is one. Looking for input lets a terminal wait until the
 * worker is through (flush_work in n_tty.c), either way. */
static int take(uint8_t *byte)
{
    double since_s = wall_s();
    struct pollfd heard = { slave, POLLIN, 0 };
    poll(&heard, 1, 0);
    int taken = is_free && read(master, byte, 1) == 1;
    start_s += wall_s() - since_s;
    return taken;
}

/* One byte each time that the line takes to carry one, if the board has room for it. */
static avr_cycle_count_t feed(avr_t *board, avr_cycle_count_t when, void *param)
{
    uint8_t byte;
    if (take(&byte)) {
        avr_raise_irq(uart_input, byte);
        count(byte);
    }
    return when + *(avr_cycle_count_t *)param;
}

static int tell(void)
{
    char text[256];
    if (read(STDIN_FILENO, text, sizeof text) <= 0) return 0;
    double pace = (board_s() - asked_board_s) / (wall_s() - asked_s);
    printf("[{\"lines\": %lu, \"took_s\": %.6f, \"pace\": %.4f}]\n", lines, last_s - first_s, pace);
    fflush(stdout);
    lines = 0;
    asked_board_s = board_s();
    asked_s = wall_s();
    return 1;
}

static void open_terminal(void)
{
    struct termios mode;
    if (openpty(&master, &slave, NULL, NULL, NULL) < 0) exit(1);
    /* The slave stays open, so that a port without a host is only silent. */
    tcgetattr(slave, &mode);
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    fcntl(master, F_SETFL, O_NONBLOCK);
    printf("{\"ports\": [\"%s\"]}\n", ttyname(slave));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 4 || !start_board(argv[1], argv[2], byte_out)) return 2;
    avr_cycle_count_t byte_cycles = (avr_cycle_count_t)CLOCK_HZ * 10 / atol(argv[3]), next = 0;
    open_terminal();
    avr_cycle_timer_register(avr, byte_cycles, feed, &byte_cycles);
    start_s = asked_s = wall_s();
    for (;;) {
        int state = avr_run(avr);
        if (state == cpu_Done || state == cpu_Crashed) return 3;
        if (avr->cycle < next) continue;
        next = avr->cycle + CLOCK_HZ / LOOKS_A_SECOND;
        double ahead_s = board_s() - (wall_s() - start_s);
        if (ahead_s > AHEAD_S) usleep(ahead_s * 1e6);
        if (ahead_s < -BEHIND_S) start_s -= ahead_s; /* too slow: let the time go */
        struct pollfd asked = { STDIN_FILENO, POLLIN, 0 };
        if (poll(&asked, 1, 0) && !tell()) return 0;
    }
}
