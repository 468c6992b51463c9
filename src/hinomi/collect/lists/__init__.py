"""One file per list format; ``catalogue.py`` lists them."""
