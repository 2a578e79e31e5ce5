// What must outlive a reset: the job, the counters and every event not yet acknowledged.
// It lies in memory that the start-up code leaves alone and carries a checksum, so a
// watchdog reset or a newly opened port loses nothing; only a power cut empties it, and
// the next boot number says so. A second copy covers a reset in the middle of a change.
#pragma once
#include <Arduino.h>

const uint8_t EVENTS_MAX = 16;
const uint8_t EVENTS_FOR_JOB = 4; // places that only a job's own events may take

enum EventKind : uint8_t {
  EVENT_UNKNOWN, // the current sensor can't be read
  EVENT_IDLE,
  EVENT_RUNNING,
  EVENT_PIECES,
  EVENT_DONE,  // the button, with no job under way
  EVENT_FAULT, // likewise
  EVENT_CLEARED,
  EVENT_PAUSED, // the operator's word; the machine is not moved
  EVENT_RESUMED,
  EVENT_CALLED,   // somebody wants help
  EVENT_ANSWERED, // and has got it
  EVENT_READY,    // the button, with no job armed: here I am
  EVENT_STARTED,
  EVENT_ENDED,
};

enum JobPhase : uint8_t { JOB_NONE, JOB_ARMED, JOB_STARTED, JOB_ENDED };
enum JobEnd : uint8_t { END_NONE, END_DONE, END_FAULT, END_CANCELLED };

struct Event {
  uint16_t sequence;
  EventKind kind;
  JobEnd why;
  uint32_t at_s;
  uint32_t pieces; // of the job if it has one, else of the machine
  uint32_t run_s;
};

struct Job {
  char id[37];
  JobPhase phase;
  JobEnd why;
  uint32_t goal;
  uint32_t made;
  uint32_t run_s;
};

struct Kept {
  uint16_t layout;
  uint16_t boot;
  uint16_t next_sequence;
  uint8_t first, count;
  Event events[EVENTS_MAX];
  Job job;
  uint8_t activity; // of the machine, from the two below
  uint8_t drawing;  // by its current
  uint8_t heat;     // by its temperature
  bool paused;      // of an open job; over with the next current
  bool called;
  bool fault; // latched until somebody at the machine presses 'done'
  uint32_t pieces;
  uint32_t pieces_told;
  uint32_t up_s;
  uint16_t missed; // transitions that found no place
  uint16_t crc;
};

extern Kept kept;

bool restore_kept(); // false: memory was lost, kept is empty now
void empty_kept(uint16_t boot);
void seal_kept(); // after every change: once a turn of the loop, and before it is told

void tell(EventKind kind);
const Event *oldest_event();
void forget_event(uint16_t boot, uint16_t sequence);

bool job_is_open();
const __FlashStringHelper *arm_job(const char *id, uint32_t goal); // 0: armed
const __FlashStringHelper *disarm_job(const char *id);             // 0: no longer open
void count_piece();
void take_piece_back();
void sensed(uint8_t drawing, uint8_t heat); // activities
void done_pressed();
void fault_pressed();
void ready_pressed();
void pause_pressed();
void call_pressed();
void second_passed();
