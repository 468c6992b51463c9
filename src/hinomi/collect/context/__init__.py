"""Readers of bulk data about addresses: routes, allocations, earlier lists, names, certificates."""
