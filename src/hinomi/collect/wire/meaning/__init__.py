"""What the fields of a record mean: addresses, counts, times, sampling rates."""
