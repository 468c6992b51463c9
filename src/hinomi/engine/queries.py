"""
Expressions as SQL, written once for each shape.

A window is worked on part by part, and every part asks the same: its queries differ in the
tables they read. To write one takes Ibis some 20 ms, longer than to run it over a small part.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, Final

import ibis
from ibis.expr import datatypes, operations

_SHAPES: Final = 2_000
"""So many are kept, then all are forgotten: thresholds and times of a window are part of them."""

_known: dict[tuple[Any, ...], tuple[list[str], list[int]]] = {}


class _Unknown(Exception):
    """An expression holds something whose likeness cannot be told."""


def written(expression: Any, dialect: str) -> str:
    """
    Write *expression* in a *dialect* of SQL: what `ibis.to_sql` writes.

    Notes:
        Expressions over tables that Ibis knows by name and schema alone (`ibis.table`) are
        written once a shape: the same operations with the same values over tables with the
        same columns. Others are written each time.
    """
    try:
        shape = _Shape(expression.op())
    except _Unknown:
        return _write(expression, dialect)
    key = (dialect, *shape.entries)
    if key not in _known:
        sql = _write(expression, dialect)
        template = _template(sql, shape.names)
        if template is None:
            return sql
        if len(_known) >= _SHAPES:
            _known.clear()
        _known[key] = template
    texts, places = _known[key]
    parts = [texts[0]]
    for place, text in zip(places, texts[1:], strict=True):
        parts += shape.names[place], text
    return "".join(parts)


@lru_cache(maxsize=200)
def typed_columns(columns: ibis.Schema, dialect: str) -> str:
    """Write the columns of a query with the types that *columns* states."""
    return ", ".join(
        f"CAST({column.this.sql(dialect)} AS {column.kind.sql(dialect)})"
        f" AS {column.this.sql(dialect)}"
        for column in columns.to_sqlglot_column_defs(dialect)
    )


def _write(expression: Any, dialect: str) -> str:
    return str(ibis.to_sql(expression, dialect=dialect, pretty=False))


class _Shape:
    """
    An expression without the names of its tables.

    Equal entries make equal SQL, but for the names.
    """

    def __init__(self, root: Any) -> None:
        self.entries: list[Any] = []  # One of each operation, behind those that it needs.
        self.names: list[str] = []  # In the order in which they were met.
        self._place: dict[int, int] = {}  # By identity: the expression keeps all of them alive.
        self._node(root)

    def _node(self, node: Any) -> Any:
        if id(node) not in self._place:
            if isinstance(node, operations.UnboundTable):
                if node.name not in self.names:
                    self.names.append(node.name)
                entry = (type(node), self.names.index(node.name), node.schema, node.namespace)
            else:
                entry = (type(node), *map(self._argument, node.args))
            self._place[id(node)] = len(self.entries)
            self.entries.append(entry)
        return ("@", self._place[id(node)])

    def _argument(self, value: Any) -> Any:
        if isinstance(value, operations.Node):
            return self._node(value)
        if isinstance(value, tuple):
            return (tuple, *map(self._argument, value))
        if isinstance(value, Mapping) and not isinstance(value, ibis.Schema):
            return (dict, *((name, self._argument(each)) for name, each in value.items()))
        return _plain(value)


def _plain(value: Any) -> Any:
    """Give what is equal for values that are written the same, and for no others."""
    if value is None or isinstance(value, bool | int | str | Enum):
        return (type(value), value)  # With the type: True equals 1.
    if isinstance(value, float):
        return (float, repr(value))  # 0.0 equals -0.0.
    is_names = isinstance(value, frozenset) and all(isinstance(each, str) for each in value)
    if is_names or isinstance(value, ibis.Schema | datatypes.DataType | operations.Namespace):
        return value
    raise _Unknown


def _template(sql: str, names: list[str]) -> tuple[list[str], list[int]] | None:
    """Part *sql* at the names of its tables; None if one also stands where it is no name."""
    either = "|".join(map(re.escape, names))
    # Quoted as both dialects quote.
    texts = re.split(rf"(?<=[\"`])({either})(?=[\"`])", sql) if names else [sql]
    if names and any(re.search(rf"\b({either})\b", text) for text in texts[::2]):
        return None
    return texts[::2], [names.index(name) for name in texts[1::2]]
