"""Sequence numbers of exporters, and what they say was lost."""
