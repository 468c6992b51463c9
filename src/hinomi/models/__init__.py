"""What was learned, with the card that tells from what."""
