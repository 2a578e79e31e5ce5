#include "current.h"
#include <math.h>

static const uint16_t FULL_MV = 5000;
static const uint8_t RAIL_SAMPLES_MAX = 128; // half a window at an end of the scale

static void start_conversion() { ADCSRA |= _BV(ADSC); }

void CurrentSensor::begin() {
  ADMUX = _BV(REFS0); // supply as reference, channel A0
  start_conversion();
}

bool CurrentSensor::sample(uint16_t on_mv, uint16_t off_mv, uint16_t zero_mv) {
  uint16_t raw = ADC; // begun one tick ago, long since ready
  start_conversion();
  // In half steps of the converter, or a zero between two steps would look like current.
  int16_t distance = 2 * (int16_t)raw - (int16_t)(((uint32_t)zero_mv * 2048 + FULL_MV / 2) / FULL_MV);
  squares += (int32_t)distance * distance;
  sum += raw;
  if (raw < 3 || raw > 1020) rail_count += rail_count < 255;
  if (++count < WINDOW_SAMPLES) return false;
  rms_mv = sqrt((float)squares / WINDOW_SAMPLES) * FULL_MV / 2048;
  mean_mv = sum * (FULL_MV / 8) / (1024 / 8) / WINDOW_SAMPLES;
  at_rail = rail_count >= RAIL_SAMPLES_MAX;
  squares = sum = count = rail_count = 0;
  judge(on_mv, off_mv);
  return true;
}

void CurrentSensor::judge(uint16_t on_mv, uint16_t off_mv) {
  Activity seen = activity;
  if (at_rail) seen = ACTIVITY_UNKNOWN;
  else if (rms_mv >= on_mv) seen = ACTIVITY_RUNNING;
  else if (rms_mv <= off_mv || activity == ACTIVITY_UNKNOWN) seen = ACTIVITY_IDLE;
  if (seen == activity) {
    streak = 0;
    return;
  }
  streak++;
  if (streak < (seen == ACTIVITY_RUNNING ? WINDOWS_TO_RUN : WINDOWS_TO_IDLE)) return;
  activity = seen;
  streak = 0;
}
