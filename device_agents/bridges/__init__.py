"""What else a lab has that listens to MQTT: it is told how machines are, and never obeyed."""
