"""
What may leave of a researcher's result: sums over many lines, never the trace of one (S19).

The program says of each line in which rows of its table the line counts. Counting is done here:
how many lines stand behind a row is seen, not stated. A row over fewer than k lines is dropped;
every number that stays carries noise that hides the part of any one line.

Source:
    Roy et al. (2010), Airavat, NSDI: untrusted mapper, trusted reducer, bounded contribution.
    Korolova et al. (2009), WWW, p. 171: noisy counts over a threshold. Ghosh et al. (2009),
    STOC, p. 351: two-sided geometric noise.
"""

import math
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from hinomi.errors import NotPermitted
from hinomi.govern.program import Declaration

Noise = Callable[[float], int]
"""Draws a whole number around 0 whose probability falls by e at each *scale*."""

LABEL_MOST_LETTERS: Final = 40
DISTINCT_MOST: Final = 1_000_000
"""Labels of one run; more are no groups of lines, and would fill the memory."""

ROWS_OUT_MOST: Final = 10_000

_LABEL: Final = re.compile(r"[A-Za-z0-9 ._:/+-]*")
_NUMBER_MOST: Final = 2**53
_RANDOM: Final = secrets.SystemRandom()

Label = tuple[str | int, ...]


class Row(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """In which row one line counts, and what it adds there, as the program said."""

    labels: tuple[str | int, ...]
    measures: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How much of one line may show in one result."""

    least_lines: int  # k.
    epsilon: float  # Privacy loss of one run: what one line changes of any chance, e^epsilon.
    delta: float  # Chance of a row that owes its place to one line alone.

    def __post_init__(self) -> None:
        if self.least_lines < 2 or self.epsilon <= 0 or not 0 < self.delta < 1:  # noqa: PLR2004 - one line is no crowd.
            raise ValueError("a crowd has two lines or more, a privacy loss is above 0")

    def scale(self, declared: Declaration) -> float:
        """Give the scale of the noise on a number of lines."""
        return declared.rows_a_line * self._parts(declared) / self.epsilon

    def least_shown(self, declared: Declaration) -> int:
        """Give the number of lines, noise included, that a row needs to be shown."""
        margin = math.ceil(self.scale(declared) * math.log(1 / (2 * self.delta)))
        return self.least_lines + max(margin, 0)

    def render(self, declared: Declaration) -> dict[str, object]:
        """Render what people approve."""
        return {
            "least_lines": self.least_lines,
            "epsilon": self.epsilon,
            "delta": self.delta,
            "least_lines_shown": self.least_shown(declared),
        }

    def _parts(self, declared: Declaration) -> int:
        """Count what shares the privacy loss: lines, each measure, and the two tallies."""
        return len(declared.measures) + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What is left of a run: nothing else of it is kept."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]  # Labels, lines, measures; most lines first.
    suppressed: int  # Rows that were dropped, with noise.
    failed: int  # Lines that the program could not describe, with noise.


@dataclass(slots=True)
class Tally:
    """Counts lines by what the program said of them."""

    declared: Declaration
    rules: Rules
    _lines: dict[Label, int] = field(default_factory=dict)
    _sums: dict[Label, list[int]] = field(default_factory=dict)
    _failed: int = 0

    def add(self, said: bytes | None) -> None:
        """
        Count one line.

        Args:
            said: The rows that the program gave for it, JSON; None: it gave none.

        Raises:
            NotPermitted: If there are so many labels that they group nothing.
        """
        rows = None if said is None else read_rows(said, self.declared)
        if rows is None:
            self._failed += 1
            return
        most = tuple(self.declared.measures.values())
        for label, added in rows.items():
            self._lines[label] = self._lines.get(label, 0) + 1
            sums = self._sums.setdefault(label, [0] * len(most))
            for place, (value, limit) in enumerate(zip(added, most, strict=True)):
                sums[place] += min(max(value, 0), limit)
        if len(self._lines) > DISTINCT_MOST:
            raise NotPermitted(
                f"the program made more than {DISTINCT_MOST} different rows: labels group lines"
            )

    def disclose(self, noise: Noise | None = None) -> Disclosure:
        """Drop what stands for too few lines, and lay noise over the rest."""
        draw = noise or draw_noise
        scale, least = self.rules.scale(self.declared), self.rules.least_shown(self.declared)
        rows: list[tuple[str | int, ...]] = []
        # Sorted, so that the order of lines decides nothing.
        for label, lines in sorted(self._lines.items(), key=lambda each: _order(each[0])):
            shown = lines + draw(scale)
            if lines < self.rules.least_lines or shown < least:
                continue
            limits = self.declared.measures.values()
            sums = zip(self._sums[label], limits, strict=True)
            noisy = (max(total + draw(scale * limit), 0) for total, limit in sums)
            rows.append((*label, shown, *noisy))
        place = len(self.declared.labels)
        rows.sort(key=lambda row: (-int(row[place]), _order(row[:place])))
        suppressed = len(self._lines) - len(rows) + draw(2 * scale)
        return Disclosure(
            columns=(*self.declared.labels, "lines", *self.declared.measures),
            rows=tuple(rows[:ROWS_OUT_MOST]),
            suppressed=max(suppressed, 0),
            failed=max(self._failed + draw(2 * scale), 0),
        )


def read_rows(said: bytes, declared: Declaration) -> dict[Label, tuple[int, ...]] | None:
    """
    Read what a program said of one line; None if it is not what the program declared.

    A label that is said twice counts once, with the sum of what was added.
    """
    try:
        rows = msgspec.json.decode(said, type=list[Row])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if len(rows) > declared.rows_a_line:
        return None
    found: dict[Label, tuple[int, ...]] = {}
    for row in rows:
        if not _is_sound(row, declared):
            return None
        before = found.get(row.labels, (0,) * len(row.measures))
        found[row.labels] = tuple(map(sum, zip(before, row.measures, strict=True)))
    return found


def draw_noise(scale: float) -> int:
    """
    Draw from the two-sided geometric distribution: P(n) falls as exp(-|n| / scale).

    Notes:
        Uniform numbers of 53 bits from the system's generator; the tails beyond 37 scales are
        cut by that.
    """
    return _geometric(scale) - _geometric(scale)


def _geometric(scale: float) -> int:
    return math.floor(-scale * math.log(1.0 - _RANDOM.random()))


def _is_sound(row: Row, declared: Declaration) -> bool:
    return (
        len(row.labels) == len(declared.labels)
        and len(row.measures) == len(declared.measures)
        and all(map(_is_label, row.labels))
        and all(abs(each) <= _NUMBER_MOST for each in row.measures)
    )


def _is_label(value: str | int) -> bool:
    if isinstance(value, int):
        return abs(value) <= _NUMBER_MOST
    return len(value) <= LABEL_MOST_LETTERS and _LABEL.fullmatch(value) is not None


def _order(label: Sequence[str | int]) -> tuple[tuple[bool, int, str], ...]:
    """Order labels of numbers and texts together."""
    return tuple(
        (isinstance(each, str), each if isinstance(each, int) else 0, str(each)) for each in label
    )
