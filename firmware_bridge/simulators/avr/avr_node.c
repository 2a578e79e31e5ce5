/* An ATmega328P board: a real AVR image under libsimavr, its serial line on a
 * pseudo-terminal at the line's own pace, its pins and its current sensor moved
 * by lines on standard input.
 *
 *   avr_node [IMAGE.elf] [-e EEPROM.bin] [-l LOADER.hex] [-b BAUD] [-x FACTOR] [-D] [-t] [-a CHANNEL=MILLIVOLTS]...
 *     -e  EEPROM contents: read at the start, written after each change of power
 *     -l  a boot loader, begun at every reset; without an image the rest is blank
 *     -x  how many times as fast as the wall the board lives, line and all; usually 1
 *     -D  opening the terminal resets the board, as DTR does on an Uno
 *     -t  its time is turned by hand: it lives during 'wait' alone, as fast as it can
 *
 * It prints {"pty":"/dev/pts/7"} and then obeys one command a line:
 *   reset | power               reset line; power cut (memory lost, EEPROM kept)
 *   freeze | thaw               the clock stops; what arrives meanwhile is lost
 *   wedge | hang                the program runs wild: an endless loop, interrupts off or on
 *   garble N | drop N           host to board: damage or lose the next N bytes
 *   rgarble N | rdrop N         the same, board to host
 *   noise PERMILLE SEED         damage or lose that many of 1000 bytes, both ways
 *   cut N                       power cut in the midst of the Nth EEPROM write from now
 *   heat CELSIUS                what the thermocouple's chip says; or
 *   heatword HEX                anything that it may say: ffffffff as when it is away
 *   display 0|1|2               away, plugged in, holding the clock low for ever
 *   show                        one JSON line: the display's dots, page by page
 *   pin D2 LEVEL                hold an input high (1) or low (0)
 *   press D2 MILLISECONDS       close a contact to ground for so long, then open it
 *   pulse D4 COUNT MILLISECONDS BOUNCES   so many closings, each bouncing so often
 *   adc CHANNEL MILLIVOLTS      a steady voltage
 *   sine CHANNEL ZERO_MV RMS_MV HERTZ     what a sensor of alternating current shows
 *   stat                        one JSON line
 *   peek ADDRESS COUNT          one JSON line: memory, as hexadecimal digits
 *   wait MILLISECONDS           as stat, once so much of the board's time is over
 *   quit                        as does the end of the input: no board outlives its host
 * Times are the board's own: a busy computer makes them longer, never wrong.
 */
#define _GNU_SOURCE
#include "board.h"
#include "chips.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PRESS_BOUNCES = 3 };
static const double AHEAD_S = 0.003;  /* nap once this far ahead: few naps, little load */
static const double BEHIND_S = 0.05;  /* the host was too slow: let the time go */

static int master = -1, resets_on_open, is_turned, is_open, frozen, stop;
static unsigned long taken, given; /* bytes, from the terminal and to it */
static double anchor_board_s, anchor_s, speed = 1, wait_until_s, looked_s;

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

/* As on a wire that nobody listens to: what can't be delivered is gone. */
static void byte_out(uint8_t byte)
{
    if (!is_open) return;
    if (write(master, &byte, 1) == 1) given++;
    else if (errno != EAGAIN) is_open = 0;
}

static int obey_signal(const char *line)
{
    int channel, zero_mv, rms_mv;
    double hertz;
    signal_t signal = { 0, 0, 0 };
    if (sscanf(line, "sine %d %d %d %lf", &channel, &zero_mv, &rms_mv, &hertz) == 4)
        signal = (signal_t){ zero_mv, rms_mv, hertz };
    else if (sscanf(line, "adc %d %d", &channel, &zero_mv) == 2)
        signal.zero_mv = zero_mv;
    else
        return 0;
    if (channel < 0 || channel >= CHANNELS) return 0;
    board_signal(channel, signal);
    return 1;
}

static int obey_pin(const char *line)
{
    int pin, first, each_ms, bounces;
    char word[8];
    int found = sscanf(line, "%7s D%d %d %d %d", word, &pin, &first, &each_ms, &bounces);
    if (found < 3 || pin < 0 || pin >= PINS) return 0;
    if (!strcmp(word, "pin")) board_drive(pin, first);
    else if (!strcmp(word, "press")) board_pulse(pin, 1, first, PRESS_BOUNCES);
    else if (!strcmp(word, "pulse") && found == 5) board_pulse(pin, first, each_ms, bounces);
    else return 0;
    return 1;
}

static int obey_fault(const char *line)
{
    return sscanf(line, "garble %u", &faults.garble_in) == 1 ||
           sscanf(line, "drop %u", &faults.drop_in) == 1 ||
           sscanf(line, "rgarble %u", &faults.garble_out) == 1 ||
           sscanf(line, "rdrop %u", &faults.drop_out) == 1 ||
           sscanf(line, "noise %u %u", &faults.noise_permille, &faults.seed) == 2;
}

static int obey_chip(const char *line)
{
    unsigned word;
    int which;
    double celsius;
    if (sscanf(line, "heatword %x", &word) == 1) chips_thermocouple(word);
    else if (sscanf(line, "heat %lf", &celsius) == 1) /* quarters above, the chip's own 25 below */
        chips_thermocouple((uint32_t)(int)(celsius * 4) << 18 | 25 << 8);
    else if (sscanf(line, "display %d", &which) == 1) chips_display(which);
    else if (!strcmp(line, "show")) chips_show();
    else if (sscanf(line, "cut %u", &word) == 1) board_cut_at(word);
    else return 0;
    return 1;
}

static void obey(const char *line)
{
    unsigned duration_ms, address, count;
    if (!strcmp(line, "reset")) board_reset(EXTERNAL_RESET);
    else if (!strcmp(line, "power")) { board_save(); board_reset(POWER_ON_RESET); }
    else if (!strcmp(line, "freeze")) frozen = 1;
    else if (!strcmp(line, "thaw")) frozen = 0;
    else if (!strcmp(line, "wedge")) board_wedge(0);
    else if (!strcmp(line, "hang")) board_wedge(1);
    else if (!strcmp(line, "stat")) board_stat(taken, given);
    else if (!strcmp(line, "quit")) stop = 1;
    else if (sscanf(line, "peek %u %u", &address, &count) == 2) board_peek(address, count);
    else if (sscanf(line, "wait %u", &duration_ms) == 1)
        wait_until_s = board_time_s() + duration_ms / 1000.0;
    else if (!obey_fault(line) && !obey_pin(line) && !obey_signal(line) && !obey_chip(line)) {
        printf("{\"error\":\"not understood\"}\n");
        fflush(stdout);
    }
}

static void read_commands(void)
{
    static char text[4096];
    static size_t length;
    ssize_t count = read(STDIN_FILENO, text + length, sizeof text - 1 - length);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) stop = 1;
    if (count <= 0) return;
    length += count;
    text[length] = 0;
    char *line = text, *end;
    while ((end = strchr(line, '\n'))) {
        *end = 0;
        obey(line);
        line = end + 1;
    }
    length -= line - text;
    memmove(text, line, length);
    if (length == sizeof text - 1) length = 0;
}

static void read_line(void)
{
    uint8_t bytes[256];
    ssize_t count = read(master, bytes, sizeof bytes);
    if (count <= 0) return;
    taken += count;
    if (!frozen) board_take(bytes, count);
}

static void look_outside(int longest_ms)
{
    struct pollfd files[2] = { { STDIN_FILENO, POLLIN, 0 }, { master, POLLIN, 0 } };
    poll(files, 2, longest_ms);
    looked_s = wall_s();
    if (files[0].revents) read_commands();
    int open_now = !(files[1].revents & POLLHUP);
    if (open_now && !is_open && resets_on_open) board_reset(EXTERNAL_RESET);
    is_open = open_now;
    if (files[1].revents & POLLIN) read_line();
}

static void nap(double duration_s)
{
    struct timespec rest = { 0, (long)(duration_s * 1e9) };
    nanosleep(&rest, NULL);
}

static void pace_from_here(void)
{
    anchor_board_s = board_time_s();
    anchor_s = wall_s();
}

static void end_wait(void)
{
    wait_until_s = 0;
    board_stat(taken, given);
}

/* Don't run ahead of the wall, and look outside. Never from within a timer of
 * simavr's: a reset there pulls the ground from under it. */
static void keep_pace(void)
{
    double ahead_s = (board_time_s() - anchor_board_s) / speed - (wall_s() - anchor_s);
    if (wait_until_s && board_time_s() >= wait_until_s) end_wait();
    if (is_turned) {
        look_outside(0);
        return;
    }
    if (ahead_s < -BEHIND_S) pace_from_here();
    if (ahead_s > AHEAD_S) nap(ahead_s);
    if (wall_s() - looked_s >= AHEAD_S) look_outside(0);
}

static void open_terminal(void)
{
    int slave;
    char name[128];
    struct termios mode;
    if (openpty(&master, &slave, name, NULL, NULL) < 0) {
        perror("openpty");
        exit(1);
    }
    tcgetattr(slave, &mode);
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    close(slave); /* now a hang-up on our end means that nobody has it open */
    fcntl(master, F_SETFL, O_NONBLOCK);
    printf("{\"pty\":\"%s\"}\n", name);
    fflush(stdout);
}

static int read_options(int count, char **words, board_options_t *options)
{
    int option, channel, mv;
    while ((option = getopt(count, words, "e:l:b:x:Dta:")) != -1) switch (option) {
        case 'e': options->eeprom_path = optarg; break;
        case 'l': options->loader_path = optarg; break;
        case 'b': options->baud = atol(optarg); break;
        case 'x': speed = atof(optarg); break;
        case 'D': resets_on_open = 1; break;
        case 't': is_turned = 1; break;
        case 'a':
            if (sscanf(optarg, "%d=%d", &channel, &mv) == 2 && channel >= 0 && channel < CHANNELS)
                board_signal(channel, (signal_t){ mv, 0, 0 });
            break;
        default: return 0;
    }
    return options->baud > 0 && speed > 0;
}

int main(int count, char **words)
{
    board_options_t options = { .baud = 115200, .byte_out = byte_out };
    int is_good = read_options(count, words, &options);
    const char *image = optind < count ? words[optind] : NULL;
    if (!is_good || (!image && !options.loader_path) || !board_start(image, options)) {
        fprintf(stderr, "avr_node: needs a readable AVR image or boot loader\n");
        return 2;
    }
    open_terminal();
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    pace_from_here();
    run_t run = RUN_ON;
    while (!stop && run != RUN_OVER) {
        if (!frozen && (!is_turned || wait_until_s)) {
            run = board_run();
            if (run == RUN_TURN) keep_pace();
            continue;
        }
        look_outside(is_open ? 2 : 0);
        if (!is_open) nap(0.002); /* a hang-up would end each look at once */
        if (is_turned && wait_until_s) frozen ? end_wait() : look_outside(0);
        pace_from_here();
    }
    board_save();
    return run == RUN_OVER;
}
