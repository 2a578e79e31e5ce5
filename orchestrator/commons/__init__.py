"""Rules in force, and what they make of the ledger."""
