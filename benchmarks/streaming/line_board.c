/* Boards that only take lines and answer them: what is measured is the host and its line.
 *
 *   line_board grbl|marlin BAUD COUNT
 *
 * COUNT ports, each a pseudo-terminal paced to BAUD in both directions (0: at once), with
 * an answer for each line once its last byte is in. They are told in one line of JSON. A
 * line on standard input asks for what was counted: for each board the lines of program
 * (all with an X), the seconds from the first to the last of them, where they led, and when (on
 * the monotonic clock) the last order to stop at once was read. The end of the input ends
 * it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { BOARDS_MAX = 64, LINE = 256, OUT = 65536, TICK_NS = 500000, AT_ONCE = 128 };
static const double IDLE_S = 0.02; /* a wire that was idle so long has nothing to catch up */

typedef struct {
    int master;
    double in_free_s, out_free_s; /* when the wire has carried what it has */
    char line[LINE];
    size_t length;
    char out[OUT];
    size_t out_length;
    double x, y, z;
    unsigned long lines;
    double first_s, last_s, stopped_s;
} board_t;

static board_t boards[BOARDS_MAX];
static int board_count, is_marlin;
static double byte_s;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static void say(board_t *board, const char *words)
{
    size_t length = strlen(words);
    if (board->out_length + length > OUT) return; /* nobody reads: as on a wire */
    if (!board->out_length && board->out_free_s < now_s()) board->out_free_s = now_s();
    memcpy(board->out + board->out_length, words, length);
    board->out_length += length;
}

static void say_place(board_t *board, const char *format)
{
    char words[160];
    snprintf(words, sizeof words, format, board->x, board->y, board->z);
    say(board, words);
}

static void banner(board_t *board)
{
    board->length = 0;
    say(board, is_marlin ? "start\necho:Marlin 2.1.2\n" : "\r\nGrbl 1.1h ['$' for help]\r\n");
}

/* Whole-line questions, and the letters that move it. */
static void take_grbl(board_t *board, const char *line)
{
    if (!strcmp(line, "$I")) say(board, "[VER:1.1h.20190825:]\r\n[OPT:V,15,128]\r\n");
    if (!strcmp(line, "$$")) say(board, "$10=1\r\n$22=0\r\n$32=0\r\n");
    if (!strcmp(line, "$#")) say(board, "[G54:0.000,0.000,0.000]\r\n");
    if (!strcmp(line, "$G")) say(board, "[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]\r\n");
}

static void take_marlin(board_t *board, const char *line)
{
    if (strstr(line, "M115"))
        say(board, "FIRMWARE_NAME:Marlin 2.1.2 (x) EXTRUDER_COUNT:1\n"
                   "Cap:AUTOREPORT_TEMP:1\nCap:EMERGENCY_PARSER:1\n");
    if (strstr(line, "M114")) say_place(board, "X:%.2f Y:%.2f Z:%.2f E:0.00 Count X:0 Y:0 Z:0\n");
    if (strstr(line, "M105")) { say(board, "ok T:20.00 /0.00 B:20.00 /0.00\n"); return; }
    say(board, "ok\n");
}

static void move_to(board_t *board, const char *line)
{
    for (const char *at = line; *at; at++) {
        if (*at == '*') break;
        if (*at == 'X') board->x = atof(at + 1);
        if (*at == 'Y') board->y = atof(at + 1);
        if (*at == 'Z') board->z = atof(at + 1);
    }
}

static void take_line(board_t *board, double when_s)
{
    board->line[board->length] = 0;
    const char *line = board->line;
    board->length = 0;
    if (strchr(line, 'X')) {
        if (!board->lines++) board->first_s = when_s;
        board->last_s = when_s;
        move_to(board, line);
    }
    if (is_marlin && strstr(line, "M112")) board->stopped_s = now_s();
    if (is_marlin) { if (*line) take_marlin(board, line); return; }
    take_grbl(board, line);
    say(board, "ok\r\n");
}

static void take_byte(board_t *board, char byte, double when_s)
{
    if (!is_marlin && byte == '?') {
        say_place(board, "<Idle|MPos:%.3f,%.3f,%.3f|FS:0,0|WCO:0.000,0.000,0.000>\r\n");
    } else if (!is_marlin && byte == 0x18) {
        board->stopped_s = now_s();
        banner(board);
    } else if (byte == '\n') {
        take_line(board, when_s);
    } else if (byte > ' ' || (byte == ' ' && is_marlin)) {
        if (board->length < LINE - 1) board->line[board->length++] = byte;
    }
}

/* The wire takes bytes at its own pace; what is read ahead is what it has carried. */
static void read_board(board_t *board)
{
    char bytes[4096];
    size_t most = sizeof bytes;
    double now = now_s();
    if (byte_s > 0) {
        if (board->in_free_s < now - IDLE_S) board->in_free_s = now - byte_s;
        double due = (now - board->in_free_s) / byte_s;
        if (due < 1) return;
        most = due < AT_ONCE ? (size_t)due : AT_ONCE;
    }
    ssize_t count = read(board->master, bytes, most);
    if (count <= 0) {
        board->in_free_s = now;
        return;
    }
    for (ssize_t i = 0; i < count; i++) {
        board->in_free_s += byte_s;
        take_byte(board, bytes[i], byte_s > 0 ? board->in_free_s : now);
    }
}

static void write_board(board_t *board)
{
    if (!board->out_length) return;
    size_t due = board->out_length;
    if (byte_s > 0) {
        double carried = (now_s() - board->out_free_s) / byte_s;
        if (carried < 1) return;
        if (carried < due) due = carried;
    }
    ssize_t count = write(board->master, board->out, due);
    if (count <= 0) return;
    board->out_free_s += count * byte_s;
    board->out_length -= count;
    memmove(board->out, board->out + count, board->out_length);
}

static void open_board(board_t *board)
{
    int slave; /* stays open, so that a port without a host is only silent */
    struct termios mode;
    if (openpty(&board->master, &slave, NULL, NULL, NULL) < 0) exit(1);
    tcgetattr(slave, &mode);
    cfmakeraw(&mode);
    tcsetattr(slave, TCSANOW, &mode);
    fcntl(board->master, F_SETFL, O_NONBLOCK);
    printf("%s\"%s\"", board == boards ? "{\"ports\": [" : ", ", ttyname(slave));
}

static int tell(void)
{
    char text[256];
    ssize_t count = read(STDIN_FILENO, text, sizeof text);
    if (count <= 0) return 0;
    printf("[");
    for (int i = 0; i < board_count; i++) {
        board_t *board = boards + i;
        printf("%s{\"lines\": %lu, \"took_s\": %.6f, \"place\": [%.3f, %.3f], \"stopped_s\": %.6f}",
               i ? ", " : "", board->lines, board->last_s - board->first_s, board->x, board->y,
               board->stopped_s);
        board->lines = 0;
    }
    printf("]\n");
    fflush(stdout);
    return 1;
}

int main(int count, char **words)
{
    if (count != 4 || (board_count = atoi(words[3])) < 1 || board_count > BOARDS_MAX) return 2;
    is_marlin = !strcmp(words[1], "marlin");
    byte_s = atol(words[2]) ? 10.0 / atol(words[2]) : 0;
    struct pollfd files[BOARDS_MAX + 1] = { { STDIN_FILENO, POLLIN, 0 } };
    for (int i = 0; i < board_count; i++) {
        open_board(boards + i);
        files[i + 1] = (struct pollfd){ boards[i].master, POLLIN, 0 };
    }
    printf("]}\n");
    fflush(stdout);
    for (;;) {
        struct timespec tick = { 0, TICK_NS };
        if (byte_s > 0) nanosleep(&tick, NULL);
        poll(files, board_count + 1, byte_s > 0 ? 0 : -1);
        if (files[0].revents && !tell()) return 0;
        for (int i = 0; i < board_count; i++) {
            if (byte_s > 0 || files[i + 1].revents) read_board(boards + i);
            write_board(boards + i);
        }
    }
}
