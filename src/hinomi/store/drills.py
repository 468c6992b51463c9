"""What drills found, kept as numbers: no address, no line, no time of any communication."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from hinomi.store.database import Database
from hinomi.store.schema import DRILLS


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillRecord:
    """The result of one drill."""

    ran_ms: int
    plan: str  # SHA-256 of what was planted and how, hex: only equal plans are compared.
    register: str
    sampling_interval: int  # The largest N met.
    hours: int  # Distinct hours with records.
    lines: int  # That might have played bots.
    rounds: int
    botnets: int
    found: int  # Unlisted C&C servers above the threshold.
    possible: float  # Sum of the theoretical bounds: so many could be found at all.
    listed: int  # C&C servers on the drill's own list.
    confirmed: int  # Of them above the threshold.
    others: int  # Candidates above it that are neither the drill's nor listed, most of a round.
    wrong: int  # Services of the overlay above it that are no C&C servers.
    alarm: bool
    cells: tuple[Mapping[str, object], ...]  # Counts by size and pace.

    @property
    def attained(self) -> float | None:
        """Share of the possible that was found; None where nothing was possible."""
        return self.found / self.possible if self.possible > 0 else None


class DrillStore:
    """All drills of one home; reached as `CaseBook.drills`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, record: DrillRecord) -> None:
        """Keep the result of a drill."""
        row = asdict(record) | {"cells": [dict(cell) for cell in record.cells]}
        with self._database.write() as connection:
            connection.execute(sa.insert(DRILLS).values(row))

    def all(self) -> tuple[DrillRecord, ...]:
        """Give the results of all drills, oldest first."""
        columns = [column for column in DRILLS.c if column.name != "id"]
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*columns).order_by(DRILLS.c.id)).mappings()
            return tuple(DrillRecord(**{**row, "cells": tuple(row["cells"])}) for row in rows)
