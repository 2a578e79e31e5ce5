/* The board: processor, line, pins, sensor, and what can go wrong with each. */
#define _GNU_SOURCE
#include "board.h"
#include "chips.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <simavr/avr_adc.h>
#include <simavr/avr_eeprom.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_cycle_timers.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_io.h>
#include <simavr/sim_time.h>

enum { CLOCK_HZ = 16000000, TURN_US = 1000, MCUSR = 0x54, PORTB = 0x25, SREG_I_BIT = 7 };
enum { EECR = 0x3F, EEARL = 0x41, EEARH = 0x42, EEPE = 1, EEMPE = 2 };
enum { MOVES_MAX = 4096, QUEUE_BYTES = 65536, EEPROM_BYTES = 1024, FIRST_RAM = 0x100 };

typedef struct { avr_cycle_count_t at; int pin, level; } move_t;

faults_t faults = { .seed = 1 };

static avr_t *avr;
static board_options_t options;
static signal_t signals[CHANNELS];
static unsigned long bytes_in, bytes_out, resets, led_rises;
static int levels[PINS];              /* what the outside holds them at */
static move_t moves[MOVES_MAX];
static int move_count, is_due, is_cut;
static unsigned cut_in;               /* EEPROM writes until the power is cut; 0: never */
static unsigned long eeprom_writes;
static uint8_t queue[QUEUE_BYTES];
static size_t queue_in, queue_out;
static void (*core_reset)(avr_t *);
static avr_irq_t *uart_input;

static unsigned chance(void)
{
    faults.seed = faults.seed * 1664525u + 1013904223u;
    return faults.seed >> 8;
}

/* Return 0 if the byte is lost on the way; it may come out damaged. */
static int passes(unsigned *drop, unsigned *garble, uint8_t *byte)
{
    if (*drop) { --*drop; return 0; }
    if (*garble) *byte ^= 1 << ((*garble)-- % 7);
    if (faults.noise_permille && chance() % 1000 < faults.noise_permille) {
        if (chance() % 4 == 0) return 0;
        *byte ^= 1 << (chance() % 8);
    }
    return 1;
}

static void byte_out(avr_irq_t *irq, uint32_t value, void *param)
{
    uint8_t byte = value;
    bytes_out++;
    if (passes(&faults.drop_out, &faults.garble_out, &byte)) options.byte_out(byte);
}

static void led_moved(avr_irq_t *irq, uint32_t value, void *param)
{
    if (value && !irq->value) led_rises++;
}

static void conversion_begins(avr_irq_t *irq, uint32_t value, void *param)
{
    double now_s = (double)avr->cycle / CLOCK_HZ;
    for (int channel = 0; channel < CHANNELS; channel++) {
        signal_t *signal = &signals[channel];
        if (!signal->rms_mv) continue;
        double mv = signal->zero_mv + signal->rms_mv * M_SQRT2 * sin(2 * M_PI * signal->hertz * now_s);
        mv = mv < 0 ? 0 : mv > 5000 ? 5000 : mv;
        avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, channel), (uint32_t)mv);
    }
}

void board_drive(int pin, int level)
{
    levels[pin] = level;
    if (pin >= 8) {
        chips_hold(pin - 8, level);
        return;
    }
    avr_irq_t *irq = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), pin);
    irq->value = !level; /* or simavr takes it for known after a reset */
    avr_raise_irq(irq, level);
}

static avr_cycle_count_t outside_again(avr_t *board, avr_cycle_count_t when, void *param)
{
    for (int pin = 0; pin < PINS; pin++) board_drive(pin, levels[pin]);
    for (int channel = 0; channel < CHANNELS; channel++)
        avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, channel), signals[channel].zero_mv);
    return 0;
}

static avr_cycle_count_t move_pin(avr_t *board, avr_cycle_count_t when, void *param)
{
    while (move_count && moves[0].at <= avr->cycle) {
        board_drive(moves[0].pin, moves[0].level);
        memmove(moves, moves + 1, --move_count * sizeof *moves);
    }
    return move_count ? moves[0].at : 0;
}

static avr_cycle_count_t feed(avr_t *board, avr_cycle_count_t when, void *param)
{
    if (queue_in == queue_out) return 0;
    uint8_t byte = queue[queue_out];
    queue_out = (queue_out + 1) % QUEUE_BYTES;
    bytes_in++;
    if (passes(&faults.drop_in, &faults.garble_in, &byte)) avr_raise_irq(uart_input, byte);
    return when + (avr_cycle_count_t)CLOCK_HZ * 10 / options.baud;
}

static avr_cycle_count_t turn(avr_t *board, avr_cycle_count_t when, void *param)
{
    is_due = 1;
    return when + avr_usec_to_cycles(avr, TURN_US);
}

/* simavr forgets timers and pins at every reset, the watchdog's own ones too. */
static void after_reset(avr_t *board)
{
    if (core_reset) core_reset(board);
    resets++;
    queue_in = queue_out = 0;
    avr_cycle_timer_register(avr, 1, outside_again, NULL);
    avr_cycle_timer_register_usec(avr, TURN_US, turn, NULL);
    if (move_count) avr_cycle_timer_register(avr, 1, move_pin, NULL);
}

void board_reset(int cause)
{
    if (cause == POWER_ON_RESET) { /* memory wakes up with anything in it */
        for (int at = FIRST_RAM; at <= avr->ramend; at++) avr->data[at] = chance();
        chips_power_cut();
    }
    avr_reset(avr);
    avr->data[MCUSR] |= cause;
}

/* Put the program into avr-libc's own endless loop, from where only a reset leads. */
void board_wedge(int with_interrupts)
{
    for (uint32_t at = avr->codeend - 1; at > 0; at--)
        if (!(at & 1) && avr->flash[at] == 0xFF && avr->flash[at + 1] == 0xCF) {
            avr->sreg[SREG_I_BIT] = with_interrupts;
            avr->state = cpu_Running;
            avr->pc = at;
            return;
        }
}

static uint8_t *eeprom(void)
{
    /* simavr answers -1 for good and bad alike; the address is what it gives away */
    avr_eeprom_desc_t all = { .ee = NULL, .offset = 0, .size = EEPROM_BYTES };
    avr_ioctl(avr, AVR_IOCTL_EEPROM_GET, &all);
    return all.ee;
}

/* A byte whose write was cut short holds anything. */
static void eeprom_written(avr_t *board, avr_io_addr_t address, uint8_t value, void *param)
{
    if (!(value & 1 << EEPE) || !(value & 1 << EEMPE)) return;
    eeprom_writes++;
    if (!cut_in || --cut_in) return;
    eeprom()[avr->data[EEARL] | avr->data[EEARH] << 8] = chance();
    is_cut = 1;
}

void board_cut_at(unsigned writes) { cut_in = writes; }

void board_save(void)
{
    if (!options.eeprom_path) return;
    const uint8_t *bytes = eeprom();
    FILE *file = bytes ? fopen(options.eeprom_path, "wb") : NULL;
    if (!file || fwrite(bytes, 1, EEPROM_BYTES, file) != EEPROM_BYTES) perror(options.eeprom_path);
    if (file) fclose(file);
}

static void eeprom_from_file(void)
{
    uint8_t bytes[EEPROM_BYTES];
    FILE *file = options.eeprom_path ? fopen(options.eeprom_path, "rb") : NULL;
    if (!file) return;
    avr_eeprom_desc_t all = { .ee = bytes, .offset = 0 };
    all.size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (all.size) avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &all);
}

static void schedule(double after_ms, int pin, int level)
{
    if (move_count == MOVES_MAX) return;
    move_t move = { avr->cycle + after_ms * (CLOCK_HZ / 1000), pin, level };
    int place = move_count++;
    for (; place > 0 && moves[place - 1].at > move.at; place--) moves[place] = moves[place - 1];
    moves[place] = move;
    avr_cycle_timer_cancel(avr, move_pin, NULL);
    avr_cycle_count_t ahead = moves[0].at > avr->cycle ? moves[0].at - avr->cycle : 1;
    avr_cycle_timer_register(avr, ahead, move_pin, NULL);
}

void board_pulse(int pin, int count, int each_ms, int bounces)
{
    double bounce_ms = 0.7;
    for (int i = 0; i < count; i++)
        for (int level = 0; level < 2; level++) {
            double start_ms = (2 * i + level) * (double)each_ms + 1;
            for (int b = 0; b < bounces; b++) {
                schedule(start_ms + 2 * b * bounce_ms, pin, level);
                schedule(start_ms + (2 * b + 1) * bounce_ms, pin, !level);
            }
            schedule(start_ms + 2 * bounces * bounce_ms, pin, level);
        }
}

void board_peek(unsigned address, unsigned count)
{
    printf("{\"bytes\":\"");
    for (; count-- && address <= avr->ramend; address++) printf("%02x", avr->data[address]);
    printf("\"}\n");
    fflush(stdout);
}

void board_stat(unsigned long taken, unsigned long given)
{
    printf("{\"taken\":%lu,\"given\":%lu,\"board_s\":%.3f,\"resets\":%lu,\"to_board\":%lu,\"to_host\":%lu,"
           "\"led\":%d,\"led_rises\":%lu,\"moves\":%d,\"unsent\":%zu,\"eeprom_writes\":%lu}\n",
           taken, given, (double)avr->cycle / CLOCK_HZ, resets, bytes_in, bytes_out,
           avr->data[PORTB] >> 5 & 1, led_rises, move_count,
           (queue_in + QUEUE_BYTES - queue_out) % QUEUE_BYTES, eeprom_writes);
    fflush(stdout);
}

/* Sleeping costs nothing here: the pace keeper does all the waiting. */
static void skip_sleep(avr_t *board, avr_cycle_count_t cycles) { }

/* simavr talks on standard output, which is ours. */
static void note(avr_t *board, const int level, const char *format, va_list words)
{
    if (level <= LOG_ERROR) vfprintf(stderr, format, words);
}

static void wire_up(void)
{
    uint32_t flags = 0;
    avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
    flags &= ~(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    uart_input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), byte_out, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), 5), led_moved, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_OUT_TRIGGER), conversion_begins, NULL);
    avr_register_io_write(avr, EECR, eeprom_written, NULL);
    chips_connect(avr, chance);
}

void board_take(const uint8_t *bytes, size_t count)
{
    int was_quiet = queue_in == queue_out;
    for (size_t i = 0; i < count; i++) {
        queue[queue_in] = bytes[i];
        queue_in = (queue_in + 1) % QUEUE_BYTES;
    }
    if (was_quiet && count)
        avr_cycle_timer_register(avr, (avr_cycle_count_t)CLOCK_HZ * 10 / options.baud, feed, NULL);
}

void board_signal(int channel, signal_t signal)
{
    signals[channel] = signal;
    if (avr) avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, channel), signal.zero_mv);
}

double board_time_s(void) { return (double)avr->cycle / CLOCK_HZ; }

/* Every reset begins in it, as the fuses of an Uno say. */
static int load_boot_loader(const char *path)
{
    char line[600];
    FILE *file = fopen(path, "r");
    avr->reset_pc = avr->codeend = avr->flashend;
    while (file && fgets(line, sizeof line, file)) {
        unsigned size, address, kind, byte;
        if (sscanf(line, ":%2x%4x%2x", &size, &address, &kind) != 3 || kind) continue;
        if (address < avr->reset_pc) avr->reset_pc = address;
        for (unsigned i = 0; i < size && address + i <= avr->flashend; i++)
            if (sscanf(line + 9 + 2 * i, "%2x", &byte) == 1) avr->flash[address + i] = byte;
    }
    if (file) fclose(file);
    return avr->reset_pc < avr->flashend;
}

int board_start(const char *image_path, board_options_t chosen)
{
    static elf_firmware_t image;
    avr_global_logger_set(note);
    if (image_path && elf_read_firmware(image_path, &image)) return 0;
    options = chosen;
    avr = avr_make_mcu_by_name("atmega328p");
    avr_init(avr);
    image.frequency = CLOCK_HZ;
    if (image_path) avr_load_firmware(avr, &image);
    avr->frequency = CLOCK_HZ;
    if (options.loader_path && !load_boot_loader(options.loader_path)) return 0;
    avr->vcc = avr->avcc = avr->aref = 5000;
    avr->log = LOG_ERROR;
    avr->sleep = skip_sleep;
    for (int pin = 0; pin < PINS; pin++) levels[pin] = 1; /* open contacts, pulled up */
    core_reset = avr->reset;
    avr->reset = after_reset;
    eeprom_from_file();
    wire_up();
    board_reset(POWER_ON_RESET);
    resets = 0;
    return 1;
}

run_t board_run(void)
{
    int state = avr_run(avr);
    if (is_cut) {
        is_cut = 0;
        board_reset(POWER_ON_RESET);
    }
    if (state == cpu_Done || state == cpu_Crashed) return RUN_OVER;
    if (!is_due) return RUN_ON;
    is_due = 0;
    return RUN_TURN;
}
