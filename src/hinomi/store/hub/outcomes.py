"""Whose word checked answers bore out; reached as `CaseBook.hub.outcomes`."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from hinomi.model.statement import Endpoint
from hinomi.store.database import Database
from hinomi.store.hub.rows import key_of
from hinomi.store.hub.schema import OUTCOMES

MEMBER: Final = "member:"
"""Begins the name of a source that is a member of the hub; no list or honeypot is called so."""


class OutcomeStore:
    """All outcomes of one hub."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, endpoint: Endpoint, outcomes: Mapping[str, bool], epoch: int) -> None:
        """
        Say which sources the answer on a server bears out; the last answer on it counts.

        Args:
            endpoint: Which server.
            outcomes: Of each source that it says something of, whether it was right.
            epoch: The present.
        """
        where = key_of(endpoint)
        rows = [
            {**where, "source": name, "was_right": right, "epoch": epoch}
            for name, right in sorted(outcomes.items())
        ]
        with self._database.write() as connection:
            connection.execute(sa.delete(OUTCOMES).filter_by(**where))
            if rows:
                connection.execute(sa.insert(OUTCOMES), rows)

    def counts(self) -> dict[str, tuple[int, int]]:
        """Give how often each source was right, and how often wrong."""
        columns = (OUTCOMES.c.source, OUTCOMES.c.was_right)
        wanted = sa.select(*columns, sa.func.count()).group_by(*columns)
        found: dict[str, tuple[int, int]] = {}
        with self._database.read() as connection:
            for name, was_right, count in connection.execute(wanted):
                right, wrong = found.get(name, (0, 0))
                found[name] = (right + count, wrong) if was_right else (right, wrong + count)
        return found
