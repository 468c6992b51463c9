"""
Minimisation: each operation sees its columns alone, and those no finer than it needs (S19).

Which operation sees what stands in data (``minimise.toml`` beside this file). Pure: nothing here
reads the lake; whoever does hands every batch through `minimise` before anything else sees it.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.errors import NotPermitted
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.address import V4_PREFIX, Address, render_address
from hinomi.model.flow import CONVERSATIONS

V4_BITS: Final = 32
V6_BITS: Final = 128

_HALF_BITS: Final = 64
_V4_MARK: Final = V4_PREFIX >> V4_BITS


class ViewEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One view as the table states it."""

    operations: tuple[str, ...]
    withheld: dict[str, str] = {}  # Columns that are taken away, each with the reason.
    step_ms: int = 1  # Starts are floored to a multiple of this.
    pseudonyms_anew: bool = False
    addresses_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one operation sees of a record."""

    name: str
    columns: tuple[str, ...]  # Of `model.flow.CONVERSATIONS`, in its order.
    step_ms: int = 1
    v4_bits: int = V4_BITS  # Leading bits of a remote address that are kept.
    v6_bits: int = V6_BITS
    exact: frozenset[Address] = frozenset()  # Remote addresses that are kept whole.
    cipher: LineCipher | None = field(default=None, repr=False)  # Makes pseudonyms anew.

    def __post_init__(self) -> None:
        if not 0 <= self.v4_bits <= V4_BITS or not 0 <= self.v6_bits <= V6_BITS:
            raise ValueError(f"{self.v4_bits} or {self.v6_bits} are no bits of an address")
        if self.step_ms < 1:
            raise ValueError("a step of time is at least a millisecond")

    def render(self) -> dict[str, object]:
        """Render what people approve; the key of a run is no part of it."""
        return {
            "name": self.name,
            "columns": list(self.columns),
            "step_ms": self.step_ms,
            "address_bits_v4": self.v4_bits,
            "address_bits_v6": self.v6_bits,
            "exact_addresses": sorted(render_address(each) for each in self.exact),
        }


@cache
def shipped_views() -> Mapping[str, ViewEntry]:
    """
    Give every view by its name, as shipped.

    Raises:
        ValueError: If the table names a column that is none, or an operation twice.
    """
    text = resources.files("hinomi.govern").joinpath("minimise.toml").read_text(encoding="utf-8")
    views = msgspec.convert(tomllib.loads(text)["views"], dict[str, ViewEntry])
    operations = [word for entry in views.values() for word in entry.operations]
    if len(operations) != len(set(operations)):
        raise ValueError("two views speak of one operation")
    for entry in views.values():
        if not entry.withheld.keys() <= set(CONVERSATIONS.names):
            raise ValueError("a view withholds a column that no record has")
    return views


def view_of(operation: str) -> View:
    """
    Give the view of *operation*, by its word in the journal.

    For an operation whose view cuts addresses or makes pseudonyms anew use `research_view`.

    Raises:
        NotPermitted: If the operation reads no records.
    """
    name, entry = _entry(operation)
    if entry.pseudonyms_anew or entry.addresses_cut:
        raise ValueError(f"the view {name} needs bits and a key: use research_view")
    return _plain(name, entry)


def research_view(v4_bits: int, v6_bits: int, exact: Iterable[Address] = ()) -> View:
    """Give what one run of a researcher's program sees, with a key of its own."""
    name, entry = _entry("research")
    return replace(
        _plain(name, entry),
        v4_bits=v4_bits,
        v6_bits=v6_bits,
        exact=frozenset(exact),
        cipher=LineCipher.create() if entry.pseudonyms_anew else None,
    )


def minimise(batch: pa.RecordBatch, view: View) -> pa.RecordBatch:
    """
    Leave of *batch* what *view* shows.

    Args:
        batch: Of `model.flow.CONVERSATIONS`.
        view: The columns, and how fine they are.

    Returns:
        A batch of the view's columns, with as many rows in the same order.
    """
    columns = {name: _column(batch, name) for name in view.columns}
    if view.step_ms > 1 and "ts_ms" in columns:
        columns["ts_ms"] = columns["ts_ms"] // view.step_ms * view.step_ms
    if "remote_hi" in columns:
        _minimise_remote(columns, batch, view)
    if view.cipher is not None and "line_hi" in columns:
        columns["line_hi"], columns["line_lo"] = view.cipher.tokenise(
            columns["line_hi"], columns["line_lo"]
        )
    fields = [CONVERSATIONS.field(name) for name in view.columns]
    arrays = [pa.array(columns[each.name], type=each.type) for each in fields]
    return pa.record_batch(arrays, schema=pa.schema(fields))


def _minimise_remote(
    columns: dict[str, NDArray[np.int64]], batch: pa.RecordBatch, view: View
) -> None:
    hi, lo = columns["remote_hi"], columns["remote_lo"]
    own = _column(batch, "remote_own") == 1
    cut_hi, cut_lo = cut(hi, lo, view.v4_bits, view.v6_bits)
    whole = own.copy()  # A pseudonym has no network to be cut to.
    for each in view.exact:
        whole |= (hi == each.hi) & (lo == each.lo)
    columns["remote_hi"], columns["remote_lo"] = (
        np.where(whole, hi, cut_hi),
        np.where(whole, lo, cut_lo),
    )
    if view.cipher is not None and own.any():
        new_hi, new_lo = view.cipher.tokenise(hi[own], lo[own])
        columns["remote_hi"][own], columns["remote_lo"][own] = new_hi, new_lo


def cut(
    hi: NDArray[np.int64], lo: NDArray[np.int64], v4_bits: int, v6_bits: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Cut n addresses to their leading bits; the others become 0.

    Args:
        hi: High halves, shape (n,).
        lo: Low halves, shape (n,).
        v4_bits: Bits of an IPv4 address that are kept, 0..32.
        v6_bits: Bits of an IPv6 address that are kept, 0..128.
    """
    is_v4 = (hi == 0) & (lo >> V4_BITS == _V4_MARK)
    mask_hi = _mask(min(v6_bits, _HALF_BITS))
    mask_lo = np.where(
        is_v4,
        _mask(_HALF_BITS - V4_BITS + v4_bits),
        _mask(max(v6_bits - _HALF_BITS, 0)),
    )
    return np.where(is_v4, hi, hi & mask_hi), lo & mask_lo


def _mask(bits: int) -> np.int64:
    """Give a signed half whose leading *bits* are set."""
    return np.int64(0 if bits == 0 else -1 << (_HALF_BITS - bits))


def _column(batch: pa.RecordBatch, name: str) -> NDArray[np.int64]:
    values = batch.column(batch.schema.get_field_index(name)).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.int64)


def _entry(operation: str) -> tuple[str, ViewEntry]:
    for name, entry in shipped_views().items():
        if operation in entry.operations:
            return name, entry
    raise NotPermitted(f"no view of the records is for {operation!r}: it reads none")


def _plain(name: str, entry: ViewEntry) -> View:
    columns = tuple(each for each in CONVERSATIONS.names if each not in entry.withheld)
    return View(name=name, columns=columns, step_ms=entry.step_ms)
