"""
Which servers of the hub's list enough lines of this network met, as detection last saw it.

Kept is a yes or a no for each server of one list, by its place there: no count, no line, no time
of a contact. What too few lines met is not told from what nobody met.
"""

from typing import Final

import msgspec

from hinomi.errors import ConfigError
from hinomi.services.home import Home
from hinomi.services.membership.joined import FOLDER, path_in
from hinomi.store.durable import replace_durably

MET: Final = "met.json"


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of detection saw of one list."""

    number: int  # Of the snapshot.
    until_day: int  # Last day of which it saw records, days since 1970-01-01, UTC.
    lines_least: int  # So many lines or more met those that follow.
    met: list[int]  # Places in the snapshot, from 0, ascending.
    at_least: int  # Exactly so many lines met so many of them.


def read_met(home: Home) -> Met | None:
    """
    Give what detection last saw of a list of the hub; None: it has not looked.

    Raises:
        ConfigError: If what was kept of it is damaged.
    """
    path = home.folder / FOLDER / MET
    try:
        return msgspec.json.decode(path.read_bytes(), type=Met)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is damaged; remove it: detection writes it anew") from error


def put_met(home: Home, met: Met) -> None:
    """
    Keep what detection saw, in the place of what it saw before.

    Raises:
        Unavailable: If the disk refuses.
    """
    replace_durably(path_in(home, MET), msgspec.json.encode(met), mode=0o600)
