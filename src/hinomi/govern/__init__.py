"""What makes the rest lawful: mandates, pseudonyms, the parameter register, the journal."""
