/* A real firmware image on a simulated AVR whose serial line is ours to feed and to hear. */
#include <string.h>

#include <simavr/avr_adc.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_time.h>

enum { CLOCK_HZ = 16000000 };
enum { OCR1A = 0x88, OCR3A = 0x98, OCR4A = 0xA8, OCR5A = 0x128 };

static avr_t *avr;
static avr_irq_t *uart_input;
static int is_free = 1; /* the board's receive register */

static double board_s(void) { return (double)avr->cycle / CLOCK_HZ; }

static void held(avr_irq_t *irq, uint32_t value, void *param) { if (value) is_free = 0; }
static void freed(avr_irq_t *irq, uint32_t value, void *param) { if (value) is_free = 1; }

/* simavr never starts a timer whose compare register is 0, as GRBL's is at first. */
static void wake_timers(void)
{
    static const int registers[] = { OCR1A, OCR3A, OCR4A, OCR5A };
    for (int i = 0; i < 4; i++) {
        int at = registers[i];
        if (at > avr->ioend || !avr->io[at - 32].w.c) continue;
        avr->data[at + 1] = 0;
        avr->io[at - 32].w.c(avr, at, 0xff, avr->io[at - 32].w.param);
    }
}

static void wire_up(avr_irq_notify_t byte_out)
{
    uint32_t flags = 0;
    avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
    flags &= ~(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    uart_input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), byte_out, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), held, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), freed, NULL);
}

static void quiet(avr_t *board, const int level, const char *format, va_list words) { }
static void skip_sleep(avr_t *board, avr_cycle_count_t cycles) { }

static int start_board(const char *image_path, const char *mcu, avr_irq_notify_t byte_out)
{
    static elf_firmware_t image;
    avr_global_logger_set(quiet);
    if (elf_read_firmware(image_path, &image)) return 0;
    avr = avr_make_mcu_by_name(mcu);
    if (!avr) return 0;
    avr_init(avr);
    image.frequency = CLOCK_HZ;
    avr_load_firmware(avr, &image);
    avr->vcc = avr->avcc = avr->aref = 5000;
    avr->sleep = skip_sleep;
    wire_up(byte_out);
    wake_timers();
    return 1;
}
