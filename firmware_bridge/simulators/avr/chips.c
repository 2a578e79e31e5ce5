/* MAX31855 on pins 10 to 12 and SSD1306 at I2C address 0x3C, by their data sheets. */
#include "chips.h"

#include <stdio.h>
#include <string.h>

#include <simavr/avr_ioport.h>
#include <simavr/avr_twi.h>
#include <simavr/sim_io.h>

enum { SELECT = 2, CLOCK = 3, DATA = 4, TWCR = 0xBC, TWINT = 7 };
enum { ADDRESS = 0x3C << 1, PAGES = 8, WIDTH = 128 };
enum { CONTINUES = 0x80, IS_DATA = 0x40 };

static avr_t *avr;
static unsigned (*chance)(void);

static uint32_t word = 0xFFFFFFFF, shifted;
static int is_chosen;

static display_t display;
static uint8_t dots[PAGES][WIDTH];
static uint8_t page, column, control, command;
static int is_open, wants_control, wants_value, is_on, is_pumped, is_by_page;

/* Stronger than the pull-up that simavr renews at each write to the port. */
void chips_hold(int bit, int level)
{
    static avr_ioport_external_t held = { .name = 'B' };
    held.mask |= 1 << bit;
    held.value = level ? held.value | 1 << bit : held.value & ~(1 << bit);
    avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL('B'), &held);
    avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), bit), level);
}

static void put_bit(void) { chips_hold(DATA, shifted >> 31); }

static void chosen(avr_irq_t *irq, uint32_t level, void *param)
{
    is_chosen = !level;
    shifted = is_chosen ? word : 0xFFFFFFFF;
    put_bit();
}

static void clocked(avr_irq_t *irq, uint32_t level, void *param)
{
    if (level || !is_chosen || !irq->value) return;
    shifted <<= 1;
    put_bit();
}

static void obey_value(uint8_t value)
{
    wants_value = 0;
    if (command == 0x8D) is_pumped = value == 0x14;
    if (command == 0x20) is_by_page = (value & 3) == 2;
}

static void obey(uint8_t byte)
{
    if (wants_value) { obey_value(byte); return; }
    command = byte;
    if (byte < 0x10) column = (column & 0xF0) | byte;
    else if (byte < 0x20) column = (column & 0x0F) | (byte & 7) << 4;
    else if (byte >= 0xB0 && byte < 0xB8) page = byte & 7;
    else if (byte == 0xAE || byte == 0xAF) is_on = byte & 1;
    else wants_value = byte && strchr("\x20\x81\x8D\xA8\xD3\xD5\xD9\xDA\xDB", byte) != NULL;
}

static void take(uint8_t byte)
{
    if (wants_control) {
        control = byte;
        wants_control = 0;
        return;
    }
    if (control & IS_DATA) {
        dots[page][column] = byte;
        column = (column + 1) % WIDTH;
    } else obey(byte);
    wants_control = control & CONTINUES;
}

static void heard(avr_irq_t *irq, uint32_t value, void *param)
{
    avr_twi_msg_irq_t message = { .u.v = value };
    if (message.u.twi.msg & TWI_COND_STOP) is_open = 0;
    if (message.u.twi.msg & TWI_COND_START) {
        is_open = display == DISPLAY_HERE && message.u.twi.addr == ADDRESS;
        wants_control = 1;
        wants_value = 0;
    }
    if (!is_open) return;
    if (message.u.twi.msg & TWI_COND_WRITE) take(message.u.twi.data);
    avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_INPUT),
                  avr_twi_irq_msg(TWI_COND_ACK, message.u.twi.addr, 1));
}

/* While the clock is held low no byte ever ends. */
static uint8_t read_control(avr_t *board, avr_io_addr_t address, void *param)
{
    return display == DISPLAY_STUCK ? avr->data[address] & ~(1 << TWINT) : avr->data[address];
}

void chips_power_cut(void)
{
    is_open = is_on = is_pumped = is_by_page = 0;
    for (int at = 0; at < PAGES * WIDTH; at++) dots[0][at] = chance();
}

void chips_thermocouple(uint32_t says) { word = says; }

void chips_display(display_t wanted)
{
    display = wanted;
    chips_power_cut();
}

void chips_show(void)
{
    printf("{\"lit\":%d,\"dots\":\"", is_on && is_pumped && is_by_page && display == DISPLAY_HERE);
    for (int at = 0; at < PAGES * WIDTH; at++) printf("%02x", dots[0][at]);
    printf("\"}\n");
    fflush(stdout);
}

void chips_connect(avr_t *board, unsigned (*drawn)(void))
{
    avr = board;
    chance = drawn;
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), SELECT), chosen, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), CLOCK), clocked, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_OUTPUT), heard, NULL);
    avr_register_io_read(avr, TWCR, read_control, NULL);
}
