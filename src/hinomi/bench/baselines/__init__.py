"""Published and obvious ways of ranking services, built fairly, to compare hinomi with."""
