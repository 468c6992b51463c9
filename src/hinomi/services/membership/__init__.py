"""A provider as a member of a hub: it joins, takes the list, and gives what it found."""
