"""The words between the tables of the expiry study."""

HEAD = AFTER_ALL = BEFORE_RESIDUALS = BEFORE_RETURNS = BEFORE_PORTS = BEFORE_RULES = BEFORE_FOX = ""
BEFORE_CLASSES = "{feodo}"
