// fabnode: the ears of a machine that has no interface.
// Is it running, how many pieces, and what does the person beside it say.
#include "current.h"
#include "frame.h"
#include "identity.h"
#include "inputs.h"
#include "kept.h"
#include "wire.h"
#include <avr/sleep.h>
#include <avr/wdt.h>

const uint8_t DONE_PIN = 2, FAULT_PIN = 3, PIECE_PIN = 4, LED_PIN = 13;
const uint16_t HEARTBEAT_MS = 2000;
const uint16_t HOST_AWAY_MS = 10000;

Identity identity;
CurrentSensor sensor;
Wire wire(identity, sensor);
Button done_button(DONE_PIN), fault_button(FAULT_PIN);
Contact piece_contact(PIECE_PIN);
uint32_t last_ms, heartbeat_ms, second_ms;

// A watchdog reset leaves the watchdog running at its shortest time.
uint8_t reset_cause __attribute__((section(".noinit")));
void note_reset_cause() __attribute__((naked, used, section(".init3")));
void note_reset_cause() {
  reset_cause = MCUSR;
  MCUSR = 0;
  wdt_disable();
}

void setup() {
  Serial.begin(115200);
  pinMode(LED_PIN, OUTPUT);
  done_button.begin();
  fault_button.begin();
  piece_contact.begin();
  identity.load();
  bool memory_kept = restore_kept();
  if (!memory_kept) {
    identity.next_boot();
    empty_kept(identity.record.boot);
  }
  sensor.begin();
  sensor.activity = (Activity)kept.activity;
  wire.banner(reset_cause, memory_kept);
  wdt_enable(WDTO_2S);
}

void watch_inputs(uint8_t passed_ms) {
  bool fault = fault_button.pressed_now(passed_ms);
  bool done = done_button.pressed_now(passed_ms);
  if (fault) fault_pressed();
  else if (done && !fault_button.is_down()) done_pressed(); // both at once: the fault counts
  if (piece_contact.closed_now(passed_ms) && identity.record.tuning.has_counter) count_piece();
}

void watch_current() {
  const Tuning &tuning = identity.record.tuning;
  if (!sensor.sample(tuning.on_mv, tuning.off_mv, tuning.zero_mv)) return;
  if (sensor.activity != kept.activity) activity_changed(sensor.activity);
}

bool led_is_lit(uint16_t ms) {
  if (!identity.known()) return ms % 200 < 100;               // flutters: not adopted
  if (kept.fault) return ms % 400 < 200;                      // fast: fault
  if (millis() - wire.heard_ms > HOST_AWAY_MS) return ms % 256 < 60 && ms % 2048 < 512; // two winks
  if (kept.job.phase == JOB_STARTED) return true;             // steady: a job runs
  if (kept.job.phase == JOB_ARMED) return ms % 1024 < 512;    // slow: armed, go ahead
  return ms % 2048 < 60;                                      // a wink: ready
}

void loop() {
  wdt_reset();
  wire.listen();
  uint32_t now_ms = millis();
  if (now_ms != last_ms) {
    // While a long line goes out time passes unseen: that counts as a little only.
    watch_inputs(min(now_ms - last_ms, 4UL));
    last_ms = now_ms;
    watch_current();
    if (now_ms - second_ms >= 1000) {
      second_ms += 1000;
      second_passed();
    }
    wire.repeat_event(now_ms);
    if (now_ms - heartbeat_ms >= HEARTBEAT_MS) {
      heartbeat_ms = now_ms;
      wire.heartbeat();
    }
    digitalWrite(LED_PIN, led_is_lit(now_ms));
    seal_kept();
  }
  set_sleep_mode(SLEEP_MODE_IDLE); // the timer wakes it each millisecond, the line at once
  sleep_mode();
}
