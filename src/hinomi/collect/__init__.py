"""Collect: what arrives becomes conversation records, or is counted."""
