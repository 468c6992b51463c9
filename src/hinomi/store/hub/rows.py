"""Cells of the hub's rows, as what they stand for."""

from enum import Enum
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from hinomi.errors import MalformedDocument
from hinomi.model.address import Address
from hinomi.model.statement import Endpoint

KEY: Final = ("hi", "lo", "proto", "port")
"""The columns that name a server."""

Kind = TypeVar("Kind", bound=Enum)


def key_of(endpoint: Endpoint) -> dict[str, int]:
    """Give the cells of `KEY` that name a server."""
    return {
        "hi": endpoint.address.hi,
        "lo": endpoint.address.lo,
        "proto": endpoint.proto,
        "port": endpoint.port,
    }


def the_one(table: sa.Table) -> list[sa.ColumnElement[bool]]:
    """Give what finds the rows of one server, whose cells `bound` gives."""
    return [table.c[name] == sa.bindparam(f"its_{name}") for name in KEY]


def bound(endpoint: Endpoint) -> dict[str, int]:
    """Give what `the_one` is bound to."""
    return {f"its_{name}": cell for name, cell in key_of(endpoint).items()}


def endpoint_of(row: Any) -> Endpoint:
    """Give the server that a row with `KEY` names."""
    return Endpoint(Address(row.hi, row.lo), row.proto, row.port)


def known(kind: type[Kind], cell: str, place: str) -> Kind:
    """
    Give what *cell* stands for.

    Args:
        kind: Of which it is one.
        cell: As the database has it.
        place: Table and column.

    Raises:
        MalformedDocument: If nothing is called so: the row was altered, or is of a later hinomi.
    """
    try:
        return kind(cell)
    except ValueError:
        raise MalformedDocument(
            f"a row has none of {', '.join(str(each.value) for each in kind)}: the database is "
            "damaged, or of a later hinomi; `hinomi hub verify` tells more",
            place,
        ) from None
