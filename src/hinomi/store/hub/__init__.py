"""The hub's tables: members, what they say, what was published."""
