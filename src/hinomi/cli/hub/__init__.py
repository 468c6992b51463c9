"""``hinomi hub``: the commands of the hub, one file for each group."""
