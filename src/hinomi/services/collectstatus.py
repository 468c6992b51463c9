"""What the running collector of a home says of itself, for people and for scripts."""

import msgspec

from hinomi.collect.accounting import CollectStatus, read_status
from hinomi.services.collector import FOLDER
from hinomi.services.home import Home


def collect_status(home: Home) -> CollectStatus:
    """
    Read the account of the home's collector, all workers added up; empty if none ever ran.

    Raises:
        MalformedDocument: If a worker's file is not what this version writes.
    """
    return read_status(home.folder / FOLDER)


def as_json(status: CollectStatus) -> dict[str, object]:
    """Lay the account out for scripts."""
    document: dict[str, object] = msgspec.to_builtins(status)
    return document
