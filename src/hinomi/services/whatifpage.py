"""The curve of a what-if as one self-contained HTML page: what each intrusion buys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hinomi.clock import render_time
from hinomi.services.page import PAGES, read_style, style_hash
from hinomi.services.whatifproposal import Proposal
from hinomi.services.whatifresult import (
    REFERENCE,
    Axis,
    Cell,
    Share,
    WhatIf,
    fresh_of,
    loss_of,
    mean_of,
    share_of,
    truth_of,
)

_WITHHELD_JA: Final = {
    "line-ports": "加入者側ポート番号なし",
    "ports": "ポート番号なし",
    "sizes": "サイズなし",
    "flags": "TCP フラグなし",
}
_GROUPS: Final = (("unlisted", 9), ("listed", 19))
"""What is drawn of each setting, and how far down, of 28."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A share and its interval as the picture shows them, per cent of its width."""

    at: float
    low: float
    high: float
    down: int
    filled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One setting as the page shows it."""

    setting: str
    setting_ja: str
    records: float | None  # Kept, per cent of those held; None: nothing was run.
    marks: list[_Mark]
    unlisted: str
    listed: str
    sure: str
    fresh: str
    loss: str
    truth: str  # Average precision, where the truth is known.
    skipped: str


def render_what_if(result: WhatIf, digest: str, proposals: Sequence[Proposal]) -> str:
    """
    Render the page of a what-if: the same page for the same arguments.

    Args:
        result: What was found.
        digest: Of its document.
        proposals: What was made of it.

    Returns:
        HTML in English and Japanese that needs nothing else, and holds no address.
    """
    style = read_style()
    held = result.present.runs[0].figures
    return PAGES.get_template("whatif.html.j2").render(
        style=Markup(style),  # noqa: S704 - A file of the package.
        style_hash=style_hash(style),
        made=result.made,
        since=render_time(result.asked.since_ms),
        until=render_time(result.asked.until_ms),
        reference=f"{REFERENCE}{digest}",
        basis=result.basis,
        asked=result.asked,
        held=held,
        rows=[_row(cell, result.present) for cell in (result.present, *result.cells)],
        with_truth=held.truth is not None,
        proposals=proposals,
    )


def _row(cell: Cell, present: Cell) -> _Row:
    records, whole = mean_of(cell, "records"), mean_of(present, "records")
    shares = {name: share_of(cell, name) for name, _ in _GROUPS}
    average = truth_of(cell, "average_precision")
    return _Row(
        setting=cell.setting.words,
        setting_ja=_in_japanese(cell),
        records=100.0 * records / whole if records is not None and whole else None,
        marks=[
            _mark(share, down, filled=name == "unlisted")
            for name, down in _GROUPS
            if (share := shares[name]) is not None
        ],
        unlisted=_percent(shares["unlisted"]),
        listed=_percent(shares["listed"]),
        sure="-" if not cell.runs else f"{mean_of(cell, 'sure') or 0:.3g}",
        fresh=_whole(fresh_of(cell)),
        loss=_whole(loss_of(cell)),
        truth="-" if average is None else f"{average:.2f}",
        skipped=cell.skipped,
    )


def _mark(share: Share, down: int, *, filled: bool) -> _Mark:
    at, low, high = (100.0 * each for each in (share.value, share.low, share.high))
    return _Mark(at=at, low=low, high=high, down=down, filled=filled)


def _in_japanese(cell: Cell) -> str:
    axis, value = cell.setting.axis, cell.setting.value
    if axis is Axis.SAMPLING:
        return f"1/{value:,}"
    if axis is Axis.DAYS:
        return f"{value} 日間"
    return "現在の設定" if axis is Axis.PRESENT else _WITHHELD_JA.get(str(value), str(value))


def _percent(share: Share | None) -> str:
    return "-" if share is None else f"{share.value:.0%}"


def _whole(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"
