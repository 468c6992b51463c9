"""
How often tests try what they try: less often in `make test` than in `make thorough`.

A property holds for whatever is drawn, and each run draws anew: few examples in every run find in
the end what many find in one. Kills are spread over all that is done, by fewer steps.
"""

import os
from typing import Final

IS_THOROUGH: Final = os.environ.get("HINOMI_THOROUGH", "") == "1"

EXAMPLES: Final = 100 if IS_THOROUGH else 40
"""Of every property that does not say otherwise."""


def kills(most: int) -> int:
    """Give how often a story kills what writes, *most* in a thorough run."""
    return most if IS_THOROUGH else max(most // 4, 3)
