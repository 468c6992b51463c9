"""Engines run the expressions of ``detect`` over committed files; nothing else queries flow."""
