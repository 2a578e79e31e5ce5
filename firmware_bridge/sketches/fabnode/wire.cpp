#include "wire.h"
#include "stack.h"

static const uint16_t REPEAT_MS = 300;
static const uint8_t WORDS_MAX = 5; // after the verb
static const uint32_t GOAL_MAX = 1000000;

static const char EVENT_NAMES[][9] PROGMEM = {
    "unknown", "idle",    "running", "pieces",   "done",  "fault",   "cleared",
    "paused",  "resumed", "called",  "answered", "ready", "started", "ended"};
static const char MACHINE_NAMES[KINDS][7] PROGMEM = {"other", "laser", "sewing", "drill", "kiln"};
static const char PHASE_NAMES[][8] PROGMEM = {"none", "armed", "started", "ended"};
static const char END_NAMES[][10] PROGMEM = {"none", "done", "fault", "cancelled"};

template <typename Names> static const __FlashStringHelper *name(const Names &names, uint8_t i) {
  return reinterpret_cast<const __FlashStringHelper *>(names[i]);
}

// Letters, digits and a few marks; nothing that the frame or its fields use.
static bool is_word(const char *text, uint8_t length_max, const char *marks) {
  if (!text || !*text || strlen(text) > length_max) return false;
  for (; *text; text++)
    if (!isalnum(*text) && !strchr(marks, *text)) return false;
  return true;
}

// Digits only, up to `most`; false for anything else.
template <typename Value> static bool number(const char *text, Value &value, uint32_t most) {
  if (!text || !*text) return false;
  uint32_t sum = 0;
  for (; *text; text++) {
    if (!isdigit(*text)) return false;
    sum = sum * 10 + (*text - '0');
    if (sum > most) return false;
  }
  value = sum;
  return true;
}

// What is not so, or not there, is not said: the shorter a line, the less can harm it.
void Wire::hello(FrameWriter &line) {
  line.field(F("fabnode"), 2);
  line.field(F("uuid"), identity.record.uuid);
  line.field(F("id"), identity.state_name());
  line.field(F("boot"), kept.boot);
  line.field(F("kept"), memory_kept);
  line.field(F("cause"), reset_cause);
  const Tuning &tuning = identity.record.tuning;
  line.field(F("on"), tuning.on_mv);
  line.field(F("off"), tuning.off_mv);
  line.field(F("zero"), tuning.zero_mv);
  line.field(F("scale"), tuning.mv_per_a);
  line.field(F("counter"), tuning.has_counter);
  if (identity.record.heat.hot_c) {
    line.field(F("hot"), identity.record.heat.hot_c);
    line.field(F("cold"), identity.record.heat.cold_c);
  }
  line.field(F("kind"), name(MACHINE_NAMES, identity.record.label.kind));
  line.field(F("name"), identity.record.label.name);
  if (display.is_here) line.field(F("display"), 1);
  line.field(F("free"), free_stack());
}

void Wire::state(FrameWriter &line) {
  line.field(F("boot"), kept.boot);
  line.field(F("up"), kept.up_s);
  line.field(F("act"), name(EVENT_NAMES, kept.activity));
  line.field(F("mv"), sensor.rms_mv);
  line.field(F("mean"), sensor.mean_mv);
  if (heat.is_readable) {
    line.word(F("temp="));
    line.print(heat.celsius);
  } else if (identity.record.heat.hot_c) {
    line.word(F("temp=x"));
  }
  line.field(F("pieces"), kept.pieces);
  line.field(F("fault"), kept.fault);
  if (kept.paused) line.field(F("paused"), 1);
  if (kept.called) line.field(F("called"), 1);
  line.field(F("phase"), name(PHASE_NAMES, kept.job.phase));
  if (kept.job.phase != JOB_NONE) {
    line.field(F("job"), kept.job.id);
    line.field(F("goal"), kept.job.goal);
    line.field(F("made"), kept.job.made);
    line.field(F("run"), kept.job.run_s);
    line.field(F("why"), name(END_NAMES, kept.job.why));
  }
  line.field(F("unread"), kept.count);
  line.field(F("missed"), kept.missed);
  line.field(F("bad"), reader.bad);
}

void Wire::banner(uint8_t cause, bool was_kept) {
  reset_cause = cause;
  memory_kept = was_kept;
  FrameWriter line('b');
  hello(line);
}

void Wire::heartbeat() {
  seal_kept(); // a long line takes many milliseconds to go out
  FrameWriter line('h');
  line.write(' ');
  line.print(++heartbeats);
  state(line);
}

void Wire::repeat_event(uint32_t now_ms) {
  const Event *event = oldest_event();
  if (!event || (event->sequence == sent_sequence && now_ms - sent_ms < REPEAT_MS)) return;
  sent_sequence = event->sequence;
  sent_ms = now_ms;
  seal_kept(); // what the host has heard is never taken back
  FrameWriter line('e');
  line.write(' ');
  line.print(event->sequence);
  line.field(F("boot"), kept.boot);
  line.field(F("kind"), name(EVENT_NAMES, event->kind));
  line.field(F("age"), kept.up_s - event->at_s);
  line.field(F("pieces"), event->pieces);
  if (event->kind < EVENT_STARTED) return;
  line.field(F("job"), kept.job.id);
  line.field(F("run"), event->run_s);
  line.field(F("why"), name(END_NAMES, event->why));
}

void Wire::listen() {
  while (Serial.available()) {
    if (!reader.feed(Serial.read())) continue;
    heard_ms = millis();
    obey(reader.text());
  }
}

const __FlashStringHelper *Wire::adopt(char *words[]) {
  uint16_t first_boot;
  if (!words[0] || !is_uuid(words[0])) return F("form");
  if (!number(words[1], first_boot, 65535) || !first_boot) return F("form");
  bool new_here = !identity.known();
  if (!identity.adopt(words[0], first_boot)) return F("named");
  if (new_here) empty_kept(first_boot);
  return 0;
}

const __FlashStringHelper *Wire::arm(char *words[]) {
  uint32_t goal;
  if (!is_word(words[0], 36, "-") || !number(words[1], goal, GOAL_MAX)) return F("form");
  if (!identity.known()) return F("identity");
  return arm_job(words[0], goal);
}

const __FlashStringHelper *Wire::tune(char *words[]) {
  Tuning tuning;
  if (!number(words[0], tuning.on_mv, 65535) || !number(words[1], tuning.off_mv, 65535) ||
      !number(words[2], tuning.zero_mv, 65535) || !number(words[3], tuning.mv_per_a, 65535) ||
      !number(words[4], tuning.has_counter, 255))
    return F("form");
  return identity.tune(tuning);
}

const __FlashStringHelper *Wire::set_heat(char *words[]) {
  Heat heat;
  if (!number(words[0], heat.hot_c, 65535) || !number(words[1], heat.cold_c, 65535))
    return F("form");
  return identity.set_heat(heat);
}

const __FlashStringHelper *Wire::set_label(char *words[]) {
  Label label;
  memset(&label, 0, sizeof label);
  if (!words[0] || !is_word(words[1], NAME_MAX, "-._")) return F("form");
  while (label.kind < KINDS && strcmp_P(words[0], MACHINE_NAMES[label.kind])) label.kind++;
  strcpy(label.name, words[1]);
  return identity.set_label(label);
}

const __FlashStringHelper *Wire::carry_out(const char *verb, char *words[]) {
  if (!strcmp_P(verb, PSTR("arm"))) return arm(words);
  if (!strcmp_P(verb, PSTR("disarm"))) return words[0] ? disarm_job(words[0]) : F("form");
  if (!strcmp_P(verb, PSTR("adopt"))) return adopt(words);
  if (!strcmp_P(verb, PSTR("tune"))) return tune(words);
  if (!strcmp_P(verb, PSTR("heat"))) return set_heat(words);
  if (!strcmp_P(verb, PSTR("label"))) return set_label(words);
  return F("verb");
}

void Wire::obey(char *body) {
  const char *kind = strtok(body, " ");
  uint16_t request, boot, event;
  if (!kind || strcmp_P(kind, PSTR("c")) || !number(strtok(0, " "), request, 65535)) return;
  const char *verb = strtok(0, " ");
  if (!verb) return;
  char *words[WORDS_MAX];
  for (uint8_t i = 0; i < WORDS_MAX; i++) words[i] = strtok(0, " ");
  if (!strcmp_P(verb, PSTR("ack"))) { // never answered: a lost one shows by the repeat
    if (number(words[0], boot, 65535) && number(words[1], event, 65535)) forget_event(boot, event);
    return;
  }
  bool says_hello = !strcmp_P(verb, PSTR("hello")), says_state = !strcmp_P(verb, PSTR("status"));
  const __FlashStringHelper *refusal = says_hello || says_state ? 0 : carry_out(verb, words);

  seal_kept();
  FrameWriter line('r');
  line.write(' ');
  line.print(request);
  line.word(says_hello ? F("hello") : says_state ? F("state") : refusal ? F("refused") : F("ok"));
  if (says_hello) hello(line);
  else if (says_state) state(line);
  else if (refusal) line.word(refusal);
}
