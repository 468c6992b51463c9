"""Detect: from conversation records to explained candidates. No I/O: ``services`` wires it."""
