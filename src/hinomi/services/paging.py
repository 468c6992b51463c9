"""
Paging: a reviewer is told that cases wait, by the program that the operator named.

It is given the number of the case, never an address, and no program of hinomi's own opens a
connection for it.
"""

import subprocess
from collections.abc import Sequence
from typing import Final

import structlog

from hinomi.model.case import Case
from hinomi.services.home import Home

_SECONDS: Final = 10


def page(home: Home, cases: Sequence[Case]) -> int:
    """
    Tell a reviewer of *cases* that wait for a person, all in one call.

    Args:
        home: Whose configuration names the program (``cases.page``); empty: nobody is told.
        cases: Those that became urgent just now.

    Returns:
        How many were told of. A program that fails is a warning: the cases wait all the same,
        and `hinomi case list --urgent` shows them.
    """
    program = home.config.cases.page
    if not program or not cases:
        return 0
    numbers = [str(each.id) for each in cases]
    try:
        subprocess.run(  # noqa: S603 - the operator's own program.
            [*program, *numbers],
            check=True,
            timeout=_SECONDS,
            # Pipes would be waited for: what the program leaves running holds them open.
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        structlog.get_logger().warning(
            "the program that pages failed; look at `hinomi case list --urgent`",
            program=program[0],
            error=type(error).__name__,
            cases=len(numbers),
        )
        return 0
    return len(numbers)
