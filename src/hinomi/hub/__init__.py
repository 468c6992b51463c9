"""The hub: who takes part, what their statements come to, what is published; pure."""
