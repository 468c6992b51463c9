"""One file per process of the house; all wiring is done here, by hand."""
