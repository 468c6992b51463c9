"""
Data sets whose template has not come yet: kept for a while, within bounds.

Exporters send templates every 1 to 30 minutes, so a collector that starts would lose as
much of each (robustness case 7).
"""

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hinomi.collect.wire.datagrams import SPARE_BYTES
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.sets.definitions import TemplateLimits
from hinomi.collect.wire.sets.groups import Headers
from hinomi.collect.wire.sets.walk import Sets

SETS_WAITING: Final = "sets-waiting"
"""Data sets that came before their template and were kept."""

SETS_WITHOUT_TEMPLATE: Final = "sets-without-template"
"""Data sets that were given up: their template did not come in time, or there was no room."""

SETS_EMPTY: Final = "sets-empty"
"""Data sets without a byte in them, and without a template: there is nothing to wait for."""

_OVERHEAD_BYTES: Final = 400
"""What keeping a set costs beside its bytes."""

_SWEEP_EVERY_MS: Final = 1000


class Waiting(NamedTuple):
    """One data set, and what the header of its datagram said."""

    body: bytes
    key: int  # Of the template it waits for.
    source: int
    domain: int
    stream: int
    sequence: int
    export_ms: int
    uptime_ms: int
    arrived_ms: int

    @property
    def cost(self) -> int:
        """Bytes of memory."""
        return len(self.body) + _OVERHEAD_BYTES


class Pending:
    """Sets that wait, the oldest of each exporter first."""

    def __init__(self, ledger: Ledger, limits: TemplateLimits) -> None:
        """Hold none yet."""
        self._ledger = ledger
        self._limits = limits
        self._by_source: dict[int, deque[Waiting]] = {}
        self._cost: defaultdict[int, int] = defaultdict(int)
        self._total = 0
        self._swept_ms = 0

    def __len__(self) -> int:
        return sum(map(len, self._by_source.values()))

    @property
    def cost(self) -> int:
        """Bytes of memory that all of them take."""
        return self._total

    def hold(
        self, buffer: NDArray[np.uint8], sets: Sets, keys: NDArray[np.int64], headers: Headers
    ) -> None:
        """
        Keep data sets; the oldest of the exporter, or of the greediest one, make room.

        What the rest of the batch would push out again is not put in at all.

        Args:
            buffer: Of the batch.
            sets: Sets without template.
            keys: Of the templates they wait for, shape (n,).
            headers: Of the batch; the sets' rows lead into it.
        """
        held = self._worth_holding(sets, headers)
        sets, keys = sets.take(held), keys[held]
        row = sets.row
        columns = (
            keys,
            headers.source[row],
            headers.domain[row],
            headers.stream[row],
            headers.sequence[row],
            headers.export_ms[row],
            headers.uptime_ms[row],
            headers.arrived_ms[row],
        )
        places = zip(sets.start.tolist(), sets.end.tolist(), strict=True)
        said = zip(*(column.tolist() for column in columns), strict=True)
        for (start, end), each in zip(places, said, strict=True):
            self._add(Waiting(buffer[start:end].tobytes(), *each))

    def release(self, is_known: Callable[[int], bool], sources: set[int]) -> list[Waiting]:
        """Hand out what waits no longer, of the exporters with these numbers, oldest first."""
        released: list[Waiting] = []
        for source in sorted(sources & set(self._by_source)):
            waiting = self._by_source.pop(source)
            self._total -= self._cost.pop(source)
            for each in waiting:
                if is_known(each.key):
                    released.append(each)
                else:
                    self._put(each)
        return released

    def expire(self, now_ms: int) -> None:
        """Give up what has waited too long by *now_ms*, ms since the Unix epoch."""
        if abs(now_ms - self._swept_ms) < _SWEEP_EVERY_MS:
            return
        self._swept_ms = now_ms
        for source in list(self._by_source):
            waiting = self._by_source[source]
            while waiting and waiting[0].arrived_ms < now_ms - self._limits.waiting_ms:
                self._give_up(source)

    def give_up_all(self) -> None:
        """Give up everything: nothing more will come."""
        for source in list(self._by_source):
            while source in self._by_source:
                self._give_up(source)

    def _worth_holding(self, sets: Sets, headers: Headers) -> NDArray[np.int64]:
        """Count all of *sets*, and give the places of those that stay to the end of the batch."""
        source = headers.source[sets.row]
        length = sets.end - sets.start
        places = np.flatnonzero(length > 0)
        if places.size < len(sets):
            self._ledger.add_rows(source[length == 0], SETS_EMPTY)
        if not places.size:
            return places
        self._ledger.add_rows(source[places], SETS_WAITING)
        # By exporter, the newest first: how much there is up to each.
        order = places[::-1][np.argsort(source[places[::-1]], kind="stable")]
        cost = np.cumsum(length[order] + _OVERHEAD_BYTES)
        first = np.flatnonzero(np.diff(source[order], prepend=-1))
        before = np.repeat(np.append(0, cost)[first], np.diff(np.append(first, order.size)))
        share = self._limits.waiting_bytes_per_exporter
        stays = cost - before <= share
        if int((length[order[stays]] + _OVERHEAD_BYTES).sum()) > self._limits.waiting_bytes:
            stays = cost - before <= min(share, self._limits.waiting_bytes // first.size)
        self._ledger.add_rows(source[order[~stays]], SETS_WITHOUT_TEMPLATE)
        return np.sort(order[stays])

    def _add(self, each: Waiting) -> None:
        self._put(each)
        while self._cost[each.source] > self._limits.waiting_bytes_per_exporter:
            self._give_up(each.source)
        while self._total > self._limits.waiting_bytes:
            # Who has more than an even share makes room; only if this one has not, search.
            share = self._limits.waiting_bytes // len(self._by_source)
            is_greedy = self._cost[each.source] > share
            self._give_up(each.source if is_greedy else max(self._cost, key=self._cost.__getitem__))

    def _put(self, each: Waiting) -> None:
        self._by_source.setdefault(each.source, deque()).append(each)
        self._cost[each.source] += each.cost
        self._total += each.cost

    def _give_up(self, source: int) -> None:
        waiting = self._by_source[source]
        oldest = waiting.popleft()
        self._cost[source] -= oldest.cost
        self._total -= oldest.cost
        if not waiting:
            del self._by_source[source], self._cost[source]
        self._ledger.add(source, SETS_WITHOUT_TEMPLATE)


def lay_out(waiting: list[Waiting], first_row: int) -> tuple[NDArray[np.uint8], Sets]:
    """
    Put the bytes of released sets into one buffer.

    Args:
        waiting: At least one set.
        first_row: Row in the headers of the first; each has a row of its own.

    Returns:
        The buffer, and the sets in it; their numbers are their keys.
    """
    length = np.array([len(each.body) for each in waiting], dtype=np.int64)
    # Spare bytes before as well: whoever looks at the end of a set may look 8 bytes back.
    buffer = np.frombuffer(
        bytes(SPARE_BYTES) + b"".join(each.body for each in waiting) + bytes(SPARE_BYTES), np.uint8
    )
    end = SPARE_BYTES + np.cumsum(length)
    return buffer, Sets(
        row=first_row + np.arange(len(waiting)),
        number=np.array([each.key for each in waiting], dtype=np.int64),
        start=end - length,
        end=end,
    )


def headers_with(headers: Headers, waiting: list[Waiting]) -> Headers:
    """Append the headers of released sets to those of the batch."""

    def column(fresh: NDArray[np.int64], name: str) -> NDArray[np.int64]:
        late = [getattr(each, name) for each in waiting]
        return np.concatenate([fresh, np.array(late, dtype=fresh.dtype)])

    return Headers(
        source=column(headers.source, "source"),  # type: ignore[arg-type]
        domain=column(headers.domain, "domain"),
        stream=column(headers.stream, "stream"),  # type: ignore[arg-type]
        sequence=column(headers.sequence, "sequence"),
        export_ms=column(headers.export_ms, "export_ms"),
        uptime_ms=column(headers.uptime_ms, "uptime_ms"),
        arrived_ms=column(headers.arrived_ms, "arrived_ms"),
    )
