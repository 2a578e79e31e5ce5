// fabnode: the ears of a machine that has no interface.
// Is it running, is it hot, how many pieces, and what does the person beside it say.
#include "current.h"
#include "display.h"
#include "frame.h"
#include "identity.h"
#include "inputs.h"
#include "kept.h"
#include "screen.h"
#include "temperature.h"
#include "wire.h"
#include <avr/sleep.h>
#include <avr/wdt.h>

const uint8_t DONE_PIN = 2, FAULT_PIN = 3, PIECE_PIN = 4, PAUSE_PIN = 5, BACK_PIN = 6,
              CALL_PIN = 7, READY_PIN = 8, LED_PIN = 13; // 10 to 12: thermocouple
const uint16_t HEARTBEAT_MS = 2000;
const uint16_t HOST_AWAY_MS = 10000;

Identity identity;
CurrentSensor sensor;
Thermocouple thermocouple;
bool host_is_away();
void compose(Line line, char *text) {
  compose_line(line, text, identity, thermocouple, host_is_away());
}
Display display(compose);
Wire wire(identity, sensor, thermocouple, display);
Button done_button(DONE_PIN), fault_button(FAULT_PIN), pause_button(PAUSE_PIN),
    back_button(BACK_PIN), call_button(CALL_PIN), ready_button(READY_PIN);
Button *const BUTTONS[] = {&done_button, &fault_button, &pause_button,
                           &back_button, &call_button,  &ready_button};
Contact piece_contact(PIECE_PIN);
uint32_t last_ms, heartbeat_ms, second_ms, read_ms;

bool host_is_away() { return millis() - wire.heard_ms > HOST_AWAY_MS; }

// Boot loaders clear the chip's own note of why it was reset. So the program counts how
// long its loop has not come round; it stands in memory that a reset leaves alone.
volatile uint16_t stuck_ms __attribute__((section(".noinit")));
const uint16_t STUCK_MS = 1500; // of the watchdog's two seconds
ISR(TIMER0_COMPA_vect) { stuck_ms++; }

// A watchdog reset leaves the watchdog running at its shortest time.
uint8_t reset_cause __attribute__((section(".noinit")));
void note_reset_cause() __attribute__((naked, used, section(".init3")));
void note_reset_cause() {
  reset_cause = MCUSR;
  MCUSR = 0;
  wdt_disable();
}

void setup() {
  wdt_enable(WDTO_2S); // first of all: nothing below may hang for good
  Serial.begin(115200);
  pinMode(LED_PIN, OUTPUT);
  for (Button *button : BUTTONS) button->begin();
  piece_contact.begin();
  thermocouple.begin();
  identity.load();
  bool memory_kept = restore_kept();
  if (memory_kept && stuck_ms >= STUCK_MS) reset_cause |= _BV(WDRF);
  stuck_ms = 0;
  TIMSK0 |= _BV(OCIE0A); // once each turn of the timer that counts milliseconds
  if (!memory_kept) {
    identity.next_boot();
    empty_kept(identity.record.boot);
  }
  sensor.begin();
  sensor.activity = (Activity)kept.drawing;
  thermocouple.activity = (Activity)kept.heat;
  wire.banner(reset_cause, memory_kept);
}

void watch_inputs(uint8_t passed_ms) {
  bool fault = fault_button.pressed_now(passed_ms);
  bool done = done_button.pressed_now(passed_ms);
  if (fault) fault_pressed();
  else if (done && !fault_button.is_down()) done_pressed(); // both at once: the fault counts
  if (ready_button.pressed_now(passed_ms)) ready_pressed();
  if (pause_button.pressed_now(passed_ms)) pause_pressed();
  if (call_button.pressed_now(passed_ms)) call_pressed();
  bool one_more = piece_contact.closed_now(passed_ms), one_less = back_button.pressed_now(passed_ms);
  if (!identity.record.tuning.has_counter) return;
  if (one_more) count_piece();
  if (one_less) take_piece_back();
}

void watch_machine(uint32_t now_ms) {
  const Tuning &tuning = identity.record.tuning;
  bool is_news = sensor.sample(tuning.on_mv, tuning.off_mv, tuning.zero_mv);
  if (now_ms - read_ms >= READ_MS) {
    read_ms = now_ms;
    thermocouple.sample(identity.record.heat);
    is_news = true;
  }
  if (is_news) sensed(sensor.activity, thermocouple.activity);
}

bool led_is_lit(uint16_t ms) {
  if (!identity.known()) return ms % 200 < 100;               // flutters: not adopted
  if (kept.fault) return ms % 400 < 200;                      // fast: fault
  if (host_is_away()) return ms % 256 < 60 && ms % 2048 < 512; // two winks
  if (kept.job.phase == JOB_STARTED) return true;             // steady: a job runs
  if (kept.job.phase == JOB_ARMED) return ms % 1024 < 512;    // slow: armed, go ahead
  return ms % 2048 < 60;                                      // a wink: ready
}

void loop() {
  wdt_reset();
  noInterrupts();
  stuck_ms = 0;
  interrupts();
  wire.listen();
  uint32_t now_ms = millis();
  if (now_ms != last_ms) {
    // While a long line goes out time passes unseen: that counts as a little only.
    watch_inputs(min(now_ms - last_ms, 4UL));
    last_ms = now_ms;
    watch_machine(now_ms);
    if (now_ms - second_ms >= 1000) {
      second_ms += 1000;
      second_passed();
      if (kept.up_s % 60 == 0) identity.minute_passed();
    }
    wire.repeat_event(now_ms);
    if (now_ms - heartbeat_ms >= HEARTBEAT_MS) {
      heartbeat_ms = now_ms;
      wire.heartbeat();
    }
    digitalWrite(LED_PIN, led_is_lit(now_ms));
    seal_kept();
    display.turn(now_ms);
  }
  set_sleep_mode(SLEEP_MODE_IDLE); // the timer wakes it each millisecond, the line at once
  sleep_mode();
}
