"""
How many lines stand behind a server: counted from records, over a window that an epoch ends.

Not the clients that a run of detection judges by: which end of a conversation is the service, and
what is a burst, is decided there in view of all lines. Here each line is looked at by itself, so
that one line more is one more at the servers that it met, and changes no other count.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.detect import measures, orient
from hinomi.detect.columns import ints, keys, positions
from hinomi.detect.orient import ENDPOINT, LINE, SERVICE
from hinomi.detect.passes import Engine
from hinomi.model.context import DAY_MS
from hinomi.model.service import Service
from hinomi.model.window import Window

_NO_SERVERS: Final = pa.table({name: pa.array([], pa.int64()) for name in (*ENDPOINT, "peers")})


def window_until(epoch: int, *, epoch_days: int, window_days: int) -> Window:
    """Give the window over which lines are counted: so many days, and the last is *epoch*'s."""
    ends_ms = (epoch + 1) * epoch_days * DAY_MS
    return Window(ends_ms - max(window_days, epoch_days) * DAY_MS, ends_ms)


def days_of(epoch: int, *, epoch_days: int) -> Window:
    """Give the days of *epoch* itself."""
    return Window(epoch * epoch_days * DAY_MS, (epoch + 1) * epoch_days * DAY_MS)


def lines_in(engine: Engine, records: Any, window: Window, *, most: int) -> int:
    """
    Count the distinct lines of which there is any record in *window*, as far as *most*.

    Args:
        engine: Runs the query.
        records: Conversation records, as the engine's table.
        window: Both of its ends are given.
        most: There the count ends, at least 1.

    Notes:
        Only records with the outside count. One between two own lines lies in the lake once for
        each of them: one line more would be two.
    """
    inside = records.filter(
        (records.ts_ms >= window.since_ms)
        & (records.ts_ms < window.until_ms)
        & (records.remote_own == 0)
    )
    return int(engine.fetch(inside.select(*LINE).distinct().limit(most)).num_rows)


def lines_behind(
    engine: Engine, records: Any, window: Window, services: Sequence[Service]
) -> NDArray[np.int64]:
    """
    Count the distinct lines that spoke with each of *services* in *window*.

    Args:
        engine: Runs the query.
        records: Conversation records, as the engine's table.
        window: Both of its ends are given.
        services: Own ones by their pseudonym.

    Returns:
        Counts in the order of *services*, shape (services,).

    Notes:
        A line counts where its own records with the server show a conversation (`measures.pairs`)
        and no packet says that the line was the server. Nothing else is looked at.
    """
    if not services:
        return np.zeros(0, dtype=np.int64)
    asked = pa.table(
        {
            "remote_hi": pa.array([each.address.hi for each in services], pa.int64()),
            "remote_lo": pa.array([each.address.lo for each in services], pa.int64()),
            "remote_own": pa.array([int(each.own) for each in services], pa.int64()),
            "proto": pa.array([each.proto for each in services], pa.int64()),
            "remote_port": pa.array([each.port for each in services], pa.int64()),
        }
    )
    inside = records.filter((records.ts_ms >= window.since_ms) & (records.ts_ms < window.until_ms))
    theirs = orient.conversing(inside).semi_join(engine.keep_table(asked), SERVICE)
    pair = measures.pairs(orient.towards_services(theirs, engine.keep_table(_NO_SERVERS)))
    spoke = pair.filter(pair.spoke == 1)
    found = engine.fetch(spoke.group_by(SERVICE).aggregate(lines=spoke.count()))
    at = positions(keys(asked, SERVICE), keys(found, SERVICE))
    return np.append(ints(found, "lines"), 0)[at]  # -1: the last.
