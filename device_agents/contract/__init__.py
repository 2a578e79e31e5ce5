"""The wire: topics and messages between device agents and the network."""
