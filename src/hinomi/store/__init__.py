"""Where things are kept: the flow lake, the case book, the lists."""
