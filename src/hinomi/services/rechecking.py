"""Open cases looked at again: as of now, and where asked with the flow records of late."""

from collections.abc import Sequence

from hinomi.services.cases import keep, look_again
from hinomi.services.detecting import run_detection
from hinomi.services.findings import finder_for
from hinomi.services.home import Home
from hinomi.services.incremental import judge_in_parts, sliding_window
from hinomi.services.settling import Settled


def recheck(
    home: Home, numbers: Sequence[int] = (), *, with_flow: bool = False
) -> tuple[Settled, ...]:
    """
    Weigh open cases anew.

    Args:
        home: Where.
        numbers: Of the cases; empty: all open ones.
        with_flow: Whether to read the flow records of the registered days first: is it still
            contacted, by how many suspects, by whom else, from which AS?

    Raises:
        NotFound: If there is no such case.
        NotPermitted: If no mandate permits it.
    """
    if with_flow:
        finder = finder_for(home, numbers)
        run_detection(
            home,
            sliding_window(home, None),
            top=1,
            judge_with=judge_in_parts,
            with_timeline=False,
            asked=finder.asked,
            look=finder,
        )
        return keep(home, finder).settled
    return look_again(home, numbers)
