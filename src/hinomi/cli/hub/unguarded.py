"""The warning of a hub that has no list of what is benign."""

from typing import Final

from hinomi.cli import render
from hinomi.model.listed import ListKind
from hinomi.services.home import Home
from hinomi.services.listing import show_lists

UNGUARDED: Final = (
    "this hub has no list of what is benign: a public resolver or a large site that enough "
    "members name is listed; load some by `hinomi lists add benign FILE --source NAME`"
)
"""In one line, what is wrong and what to do."""


def warn_unguarded(home: Home) -> None:
    """Say on standard error that a hub has no benign list, if it has none."""
    if not any(each.kind is ListKind.BENIGN for each in show_lists(home)):
        render.complain(UNGUARDED)
