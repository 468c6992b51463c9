"""Headers of many packets at once."""
