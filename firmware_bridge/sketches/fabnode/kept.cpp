#include "kept.h"
#include "current.h"
#include "frame.h"

static const uint16_t LAYOUT = 0xFB00 + sizeof(Kept) % 256;

Kept kept __attribute__((section(".noinit")));
static Kept sealed __attribute__((section(".noinit"))); // what a reset in mid-change goes back to

static bool changed = false;

static uint16_t crc_of(const Kept &memory) { return crc16(0xFFFF, &memory, offsetof(Kept, crc)); }

static bool is_whole(const Kept &memory) {
  return memory.layout == LAYOUT && memory.crc == crc_of(memory);
}

bool restore_kept() {
  if (is_whole(kept)) {
    sealed = kept;
  } else if (is_whole(sealed)) {
    kept = sealed;
  } else {
    empty_kept(0);
    return false;
  }
  return true;
}

void empty_kept(uint16_t boot) {
  memset(&kept, 0, sizeof kept);
  kept.layout = LAYOUT;
  kept.boot = boot;
  kept.next_sequence = 1;
  changed = true;
  seal_kept();
}

void seal_kept() {
  if (!changed) return;
  kept.crc = crc_of(kept);
  sealed = kept;
  changed = false;
}

void tell(EventKind kind) {
  bool of_job = kind >= EVENT_STARTED;
  changed = true;
  if (kept.count >= EVENTS_MAX - (of_job ? 0 : EVENTS_FOR_JOB)) {
    kept.missed++;
    return;
  }
  Event &event = kept.events[(kept.first + kept.count++) % EVENTS_MAX];
  event.sequence = kept.next_sequence++;
  event.kind = kind;
  event.why = of_job ? kept.job.why : END_NONE;
  event.at_s = kept.up_s;
  event.pieces = of_job ? kept.job.made : kept.pieces;
  event.run_s = of_job ? kept.job.run_s : 0;
}

const Event *oldest_event() { return kept.count ? &kept.events[kept.first] : 0; }

void forget_event(uint16_t boot, uint16_t sequence) {
  const Event *event = oldest_event();
  if (!event || boot != kept.boot || sequence != event->sequence) return;
  changed = true;
  kept.first = (kept.first + 1) % EVENTS_MAX;
  kept.count--;
}

bool job_is_open() { return kept.job.phase == JOB_ARMED || kept.job.phase == JOB_STARTED; }

const __FlashStringHelper *arm_job(const char *id, uint32_t goal) {
  bool same = kept.job.phase != JOB_NONE && strcmp(id, kept.job.id) == 0;
  if (same) return job_is_open() ? 0 : F("ended");
  if (job_is_open()) return F("busy");
  if (kept.fault) return F("fault");
  if (kept.activity == ACTIVITY_RUNNING) return F("running");
  if (kept.activity == ACTIVITY_UNKNOWN) return F("sensor");
  if (kept.count) return F("unread"); // an old job's end must be known before the next
  changed = true;
  memset(&kept.job, 0, sizeof kept.job);
  strcpy(kept.job.id, id);
  kept.job.goal = goal;
  kept.job.phase = JOB_ARMED;
  return 0;
}

static void start_job() {
  if (kept.job.phase != JOB_ARMED) return;
  kept.job.phase = JOB_STARTED;
  tell(EVENT_STARTED);
}

static void end_job(JobEnd why) {
  kept.job.phase = JOB_ENDED;
  kept.paused = false;
  kept.job.why = why;
  tell(EVENT_ENDED);
}

const __FlashStringHelper *disarm_job(const char *id) {
  if (kept.job.phase == JOB_NONE || strcmp(id, kept.job.id)) return F("other");
  if (job_is_open()) end_job(END_CANCELLED);
  return 0;
}

void count_piece() {
  changed = true;
  kept.pieces++;
  start_job();
  if (kept.job.phase == JOB_STARTED) kept.job.made++;
}

void take_piece_back() {
  bool of_job = kept.job.phase == JOB_STARTED;
  if (of_job ? !kept.job.made : !kept.pieces) return;
  changed = true;
  kept.pieces -= kept.pieces > 0;
  if (of_job) kept.job.made--;
}

// One sign of work is enough; without one, what can't be read is no rest.
static uint8_t joined(uint8_t drawing, uint8_t heat) {
  if (drawing == ACTIVITY_RUNNING || heat == ACTIVITY_RUNNING) return ACTIVITY_RUNNING;
  return drawing == ACTIVITY_IDLE && heat == ACTIVITY_IDLE ? ACTIVITY_IDLE : ACTIVITY_UNKNOWN;
}

void sensed(uint8_t drawing, uint8_t heat) {
  changed |= drawing != kept.drawing || heat != kept.heat;
  kept.drawing = drawing;
  kept.heat = heat;
  uint8_t activity = joined(drawing, heat);
  if (activity == kept.activity) return;
  kept.activity = activity;
  if (activity == ACTIVITY_RUNNING) kept.paused = false;
  tell(activity == ACTIVITY_RUNNING ? EVENT_RUNNING
                                    : activity == ACTIVITY_IDLE ? EVENT_IDLE : EVENT_UNKNOWN);
  if (activity == ACTIVITY_RUNNING) start_job();
}

void done_pressed() {
  if (kept.fault) {
    kept.fault = false;
    tell(EVENT_CLEARED);
  } else if (job_is_open()) {
    end_job(END_DONE);
  } else {
    tell(EVENT_DONE);
  }
}

void fault_pressed() {
  if (kept.fault) return;
  kept.fault = true;
  if (job_is_open()) end_job(END_FAULT);
  else tell(EVENT_FAULT);
}

void ready_pressed() {
  if (kept.job.phase == JOB_ARMED) start_job();
  else if (!job_is_open()) tell(EVENT_READY);
}

void pause_pressed() {
  if (!job_is_open()) return;
  kept.paused = !kept.paused;
  tell(kept.paused ? EVENT_PAUSED : EVENT_RESUMED);
}

void call_pressed() {
  kept.called = !kept.called;
  tell(kept.called ? EVENT_CALLED : EVENT_ANSWERED);
}

static bool pieces_may_be_told() {
  for (uint8_t i = 0; i < kept.count; i++)
    if (kept.events[(kept.first + i) % EVENTS_MAX].kind == EVENT_PIECES) return false;
  return kept.count < EVENTS_MAX - EVENTS_FOR_JOB;
}

void second_passed() {
  changed = true;
  kept.up_s++;
  if (kept.job.phase == JOB_STARTED && kept.activity == ACTIVITY_RUNNING) kept.job.run_s++;
  // Totals, not single pieces: one event at a time is enough, however fast they come.
  if (kept.pieces != kept.pieces_told && pieces_may_be_told()) {
    kept.pieces_told = kept.pieces;
    tell(EVENT_PIECES);
  }
}
