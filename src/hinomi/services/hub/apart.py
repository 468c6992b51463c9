"""
Making a list beside a hub that answers: in a process of its own.

Weighing what fifty members said takes a processor for a while; in the same process every request
would wait for it.
"""

import multiprocessing
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from hinomi.errors import Conflict, HinomiError, Unavailable
from hinomi.services.home import Home, open_home
from hinomi.services.hub.epochs import due_ms, present_epoch
from hinomi.services.hub.publishing import publish

OTHERS_MS: Final = 3_600_000
"""So long after it is due a list that others are to make may be missing before it is a failure."""

_MADE: Final = "made"
_CONFLICT: Final = "conflict"


def publish_apart(home: Home) -> None:
    """
    Make the list of the present epoch in a process of its own, and wait for it.

    Raises:
        Conflict: If it is made already.
        Unavailable: If it could not be made; the reason is that process's own.
    """
    context = multiprocessing.get_context("spawn")  # A copy of running threads would be none.
    here, there = context.Pipe(duplex=False)
    worker = context.Process(target=_publish, args=(home.folder.absolute(), there))
    with here:
        worker.start()
        there.close()
        try:
            kind, reason = here.recv()
        except EOFError:
            kind, reason = "ended", "the process that makes the list ended without a word"
        worker.join()
    if kind == _CONFLICT:
        raise Conflict(reason)
    if kind != _MADE:
        raise Unavailable(reason)


def leave_to_others(home: Home) -> None:
    """
    Make no list, and start nothing: a timer does, or a person. To be called while it is missing.

    Raises:
        Unavailable: If it has been due for `OTHERS_MS`.
    """
    now = present_epoch(home)
    if home.clock() >= due_ms(home, now) + OTHERS_MS:
        raise Unavailable(
            f"nobody has made the list of {now}, and --no-publish leaves it to others: look at the "
            "timer that runs `hinomi hub publish`, and at what that says"
        )


def _publish(folder: Path, told: Connection) -> None:
    """Make the list of the home at *folder*, and tell what became of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Whoever waits for it was told, and waits.
    try:
        publish(open_home(folder))
    except Conflict as error:
        told.send((_CONFLICT, str(error)))
    except HinomiError as error:
        told.send(("failed", str(error)))
    else:
        told.send((_MADE, ""))
