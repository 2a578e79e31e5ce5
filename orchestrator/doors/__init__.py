"""Where the world comes in: MQTT, HTTP, pages."""
