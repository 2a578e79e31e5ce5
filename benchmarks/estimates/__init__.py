"""Our estimates of time and material beside programs that plan what is made."""
