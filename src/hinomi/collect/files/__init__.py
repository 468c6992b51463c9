"""One file per flow file format; ``catalogue.py`` lists them."""
