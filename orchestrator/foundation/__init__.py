"""Ground floor: ids, clock, errors, database session, inbox and outbox."""
