"""How many, said so that nobody can be told from it."""

from typing import Final

from hinomi.errors import ConfigError
from hinomi.govern.parameters import Register

LEAST_COUNT: Final = "transparency.least_count"
LEAST_OF_LEAST: Final = 3
"""A count of two tells one of the two about the other."""

Count = dict[str, int]
"""A count as it may be told: ``{"about": n}``, or ``{"fewer_than": k}``."""


def least_count(register: Register) -> int:
    """
    Give the count below which nothing is told.

    Raises:
        ConfigError: If the register sets it so low that it protects nobody.
    """
    least = register.integer(LEAST_COUNT)
    if least < LEAST_OF_LEAST:
        raise ConfigError(
            f"register: {LEAST_COUNT} is {least}; below {LEAST_OF_LEAST} it protects nobody"
        )
    return least


def coarsen(count: int, least: int) -> Count:
    """
    Say how many, so that nobody can be told from it.

    Args:
        count: The exact number, not negative.
        least: The smallest number that is told.

    Returns:
        Nought as it is, since it counts nobody; what is below *least* as fewer than that;
        anything else rounded to two significant digits, half to even.
    """
    if count < 0:
        raise ValueError(f"{count} is no count")
    if 0 < count < least:
        return {"fewer_than": least}
    step = 10 ** max(0, len(str(count)) - 2)
    return {"about": round(count / step) * step}
