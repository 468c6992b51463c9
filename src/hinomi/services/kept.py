"""
What a collector knows across restarts: templates, sampling rates and places in sequences.

Each worker keeps a file of its own. Before workers start, all files become one that is
inherited: with another number of workers the exporters are spread anew, so each worker
reads everything, oldest first, and takes what it will meet.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import structlog

from hinomi.collect.wire.decoder import Decoder, KeptState
from hinomi.collect.wire.sources import Sources
from hinomi.store.durable import replace_durably

_FILES: Final = "*.kept"
_INHERITED: Final = "inherited.kept"
_MODE: Final = 0o600
_MOST_EXPORTERS: Final = 65_536

_log = structlog.get_logger(__name__)


def gather_kept(folder: Path) -> None:
    """
    Make one file of all that earlier workers knew; no worker runs meanwhile.

    Raises:
        Unavailable: If the disk refuses; the files stay as they were.
    """
    paths = sorted(folder.glob(_FILES), key=_age)
    if [path.name for path in paths] in ([], [_INHERITED]):
        return
    everyone = Decoder(Sources.allowing(["::/0"], most=_MOST_EXPORTERS))
    for kept in read_kept(folder, lambda _address: True):
        everyone.restore(kept)
    replace_durably(folder / _INHERITED, msgspec.msgpack.encode(everyone.keep()), mode=_MODE)
    for path in paths:
        if path.name != _INHERITED:
            path.unlink(missing_ok=True)


def read_kept(folder: Path, is_mine: Callable[[bytes], bool]) -> Iterator[KeptState]:
    """
    Read what earlier workers knew of the exporters that this one will meet.

    A file that is damaged or of another version is passed over: exporters send their
    templates again.

    Args:
        folder: Where the files lie.
        is_mine: Tells by the 16 bytes of an exporter's address.
    """
    for path in sorted(folder.glob(_FILES), key=_age):
        try:
            kept = msgspec.msgpack.decode(path.read_bytes(), type=KeptState)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            _log.warning("templates not taken up", file=path.name)
            continue
        yield _of(kept, is_mine)


def write_kept(folder: Path, number: int, kept: KeptState) -> None:
    """
    Put what worker *number* knows in place of what it knew.

    Raises:
        Unavailable: If the disk refuses; the old file stays.
    """
    replace_durably(folder / f"worker-{number}.kept", msgspec.msgpack.encode(kept), mode=_MODE)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _of(kept: KeptState, is_mine: Callable[[bytes], bool]) -> KeptState:
    mine = {place for place, address in enumerate(kept.addresses) if is_mine(address)}
    return KeptState(
        addresses=kept.addresses,
        templates=tuple(each for each in kept.templates if each.source in mine),
        samplers=tuple(each for each in kept.samplers if each.source in mine),
        boots=tuple(each for each in kept.boots if each.source in mine),
        positions=tuple(each for each in kept.positions if each.source in mine),
    )
