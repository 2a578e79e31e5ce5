"""Which machine makes which task, and when: a flexible job shop on calendars."""
