"""The hub's processes, one file each."""
