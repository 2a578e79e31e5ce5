#include "screen.h"
#include "kept.h"

static const char *state_text(const Identity &identity) {
  if (!identity.known()) return PSTR("NO NAME");
  if (kept.fault) return PSTR("FAULT");
  if (kept.paused) return PSTR("PAUSED");
  if (kept.activity == ACTIVITY_UNKNOWN) return PSTR("NO SENSOR");
  if (kept.job.phase == JOB_ARMED) return PSTR("GO AHEAD");
  if (kept.heat == ACTIVITY_RUNNING) return PSTR("HOT");
  if (kept.activity == ACTIVITY_RUNNING) return PSTR("RUNNING");
  return kept.job.phase == JOB_STARTED ? PSTR("AT WORK") : PSTR("FREE");
}

// By the buttons' colours.
static const char *hint_text(const Identity &identity, bool is_host_away) {
  if (!identity.known()) return PSTR("run: agent flash");
  if (kept.fault) return PSTR("mended? hold green");
  if (kept.called) return PSTR("help is called");
  if (is_host_away) return PSTR("computer is away");
  if (kept.paused) return PSTR("go on: hold yellow");
  if (kept.job.phase == JOB_ARMED) return PSTR("begin: hold white");
  if (kept.job.phase == JOB_STARTED) return PSTR("done? hold green");
  return PSTR("");
}

static void count_text(char *text, const Identity &identity, const Thermocouple &heat) {
  if (identity.record.heat.hot_c) {
    if (!heat.is_readable) strcpy_P(text, PSTR("? C"));
    else strcat_P(itoa(heat.celsius, text, 10), PSTR(" C"));
    return;
  }
  if (!job_is_open()) return;
  ultoa(kept.job.made, text, 10); // with a goal of up to 1,000,000 it may fill the line
  size_t length = strlen(text);
  if (kept.job.goal > 99999UL || length > 4) return;
  text[length] = '/';
  ultoa(kept.job.goal, text + length + 1, 10);
}

void compose_line(Line line, char *text, const Identity &identity, const Thermocouple &heat,
                  bool is_host_away) {
  switch (line) {
  case LINE_NAME: strcpy(text, identity.record.label.name); break;
  case LINE_STATE: strcpy_P(text, state_text(identity)); break;
  case LINE_COUNT: count_text(text, identity, heat); break;
  case LINE_HINT: strcpy_P(text, hint_text(identity, is_host_away)); break;
  case LINE_GAP: break;
  }
}
