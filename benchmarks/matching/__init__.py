"""How quickly many labs answer what they can make."""
