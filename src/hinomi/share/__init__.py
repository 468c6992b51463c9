"""Sharing: what leaves a node, and in which form."""
