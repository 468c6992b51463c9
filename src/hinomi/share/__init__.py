"""Sharing: what leaves the house of a C&C server, and nothing else."""
