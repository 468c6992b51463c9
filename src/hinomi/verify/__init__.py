"""Verification: evidence from independent methods, weighed into a verdict that people give."""
