"""The vocabulary of the house: values without I/O, known to every stage."""
