"""Cells of the hub's rows, as what they stand for."""

from enum import Enum
from typing import TypeVar

from hinomi.errors import MalformedDocument

Kind = TypeVar("Kind", bound=Enum)


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
