"""
Where one stream stands in its sequence, and what a datagram that was not foreseen means.

It is a gap, fills one, repeats another, or begins anew; or the stream cannot be believed at
all. Here are also the reasons under which losses are counted.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from hinomi.collect.wire.sets.groups import UNKNOWN_UPTIME
from hinomi.model.exporter import SequenceUnit

SEQUENCED: Final = {unit: f"sequenced-{unit.value}" for unit in SequenceUnit}
"""Units that arrived, each once, in streams whose sequence numbers count."""

LOST: Final = {unit: f"lost-{unit.value}" for unit in SequenceUnit}
"""Units that a gap in the sequence claimed; some of them may still come late."""

LATE: Final = {unit: f"late-{unit.value}" for unit in SequenceUnit}
"""Units that a gap had claimed and that are not lost: what is lost is `LOST` less these."""

LATE_DATAGRAMS: Final = "sequence-late"
"""Datagrams that arrived after later ones."""

DUPLICATE: Final = "sequence-duplicate"
"""Datagrams with the very sequence number of the one before."""

OUT_OF_PLACE: Final = "sequence-out-of-place"
"""Datagrams whose number fits neither the next place nor a gap: duplicates, or strays."""

RESTARTED: Final = "exporter-restarted"
"""Times that a sequence began anew: nothing is claimed to be lost in between."""

CONSTANT: Final = "sequence-constant"
"""Datagrams of exporters that never count: of their losses nothing is known."""

INCLUSIVE: Final = "sequence-inclusive"
"""Times that a stream turned out to count each datagram's own units in its number."""

INTERLEAVED: Final = "sequence-interleaved"
"""Datagrams of streams in which several processes count: of their losses nothing is known."""

MODULUS_MASK: Final = 0xFFFFFFFF

_NEAR: Final = {
    SequenceUnit.DATAGRAMS: 64,
    SequenceUnit.FLOWS: 64 * 30,  # A NetFlow v5 datagram holds at most 30.
    SequenceUnit.RECORDS: 64 * 64,
}
"""Units of about 64 datagrams: as far as the network may put them out of order."""

_MOST_LOST: Final = 1 << 24
"""Units: a greater leap is a sequence that began anew, not a loss."""

WINDOW: Final = 64  # Datagrams for which a gap may be filled.
CONFIRM: Final = 32  # Datagrams after which a leap is believed.
_UPTIME_SLACK_MS: Final = 10_000
_UPTIME_WRAP_MS: Final = 600_000
_SAME_IS_CONSTANT: Final = 4
_INCLUSIVE: Final = 4  # Surprises in a row that make a sequence inclusive.
_RUN_NEAR: Final = 4  # Datagrams in a row that make a step back a new beginning.
_RUN_FAR: Final = 2
_DISORDER: Final = 4  # Points for each out of place; one is taken off for each in order:
_DISORDERLY: Final = 32  # more than one in five for a while is no accident.
_DISORDER_MOST: Final = 64
UNKNOWN: Final = -1


@dataclass(slots=True)
class Leap:
    """A wide gap that is not believed yet."""

    units: int
    end: int  # The number that followed it.
    at: int  # Count of the stream's datagrams then.


@dataclass(slots=True)
class Place:
    """Where one stream stands, while it is walked through."""

    unit: SequenceUnit
    following: int  # The number to come; `UNKNOWN`.
    last: int
    uptime_ms: int
    count: int  # Datagrams so far.
    constant: bool
    inclusive: bool  # Its numbers count the datagram that bears them as well.
    trouble: "Trouble"


@dataclass(slots=True)
class Trouble:
    """What is remembered of a stream that held a surprise."""

    gaps: list[tuple[int, int, int]] = field(default_factory=list)  # First, units, count then.
    leaps: list[Leap] = field(default_factory=list)
    disorder: int = 0
    at: int = 0  # Count of the stream's datagrams when this was last looked at.
    same: int = 0
    run: int = 0
    run_following: int = UNKNOWN
    interleaved: bool = False
    bare_last: int = UNKNOWN  # The last datagram's number as it stood there,
    bare_units: int = UNKNOWN  # and its units.
    inclusive: int = 0  # Surprises in a row that an inclusive sequence would explain.


def rest(place: Place) -> None:
    """Let the datagrams that came as foreseen meanwhile calm a stream's disorder."""
    trouble = place.trouble
    calm = place.count - trouble.at
    if calm or trouble.bare_last == UNKNOWN:
        trouble.disorder = max(0, trouble.disorder - calm)
        trouble.run = trouble.same = 0
        trouble.bare_last = place.last
        trouble.bare_units = _ahead(place.following, place.last)


def take(place: Place, bare: int, units: int, uptime_ms: int, tally: Counter[str]) -> None:
    """
    Judge one datagram of a stream that held a surprise.

    Args:
        place: Where the stream stands; moves on.
        bare: Its sequence number as it stands in the header.
        units: What it counts of them; -1 not known.
        uptime_ms: Of the exporter; `UNKNOWN_UPTIME`.
        tally: Is added to, by reason.
    """
    trouble, unit = place.trouble, place.unit
    place.count += 1
    sequence = (bare - units) & MODULUS_MASK if place.inclusive and units > 0 else bare
    is_unknown = place.following < 0 or (place.inclusive and units < 0)
    ahead = 0 if is_unknown else (sequence - place.following) & MODULUS_MASK
    is_inclusive = (
        ahead and unit is not SequenceUnit.DATAGRAMS and _is_inclusive(place, bare, units)
    )
    trouble.bare_last, trouble.bare_units = bare, units
    if is_inclusive:
        _count_inclusively(place, bare, units, tally)
        return
    if trouble.interleaved:
        _bear(place, sequence, units, ahead, tally)
    elif place.constant and sequence == place.last:
        tally[CONSTANT] += 1
        return
    elif place.constant:
        place.constant = False  # It counts after all: begin here.
        _go_on(place, sequence, units, tally)
    elif not ahead:
        trouble.disorder = max(0, trouble.disorder - 1)
        trouble.run = trouble.same = 0
        _go_on(place, sequence, units, tally)
    elif _went_back(place.uptime_ms, uptime_ms):
        _begin_anew(place, sequence, units, tally)
    elif ahead <= _NEAR[unit]:
        if trouble.gaps and place.count - trouble.gaps[0][2] > WINDOW:
            trouble.gaps = [gap for gap in trouble.gaps if place.count - gap[2] <= WINDOW]
        trouble.gaps.append((place.following, ahead, place.count))
        tally[LOST[unit]] += ahead
        _go_on(place, sequence, units, tally)
    elif ahead <= _MOST_LOST:
        trouble.leaps.append(Leap(ahead, sequence, place.count))
        _go_on(place, sequence, units, tally)
    else:
        _step_back(place, sequence, units, ahead, tally)
        return  # Its clock is not the stream's.
    place.uptime_ms = uptime_ms


def _went_back(before_ms: int, now_ms: int) -> bool:
    """Tell whether an exporter's uptime began anew; running over at 2^32 ms is no new beginning."""
    if UNKNOWN_UPTIME in (before_ms, now_ms) or now_ms + _UPTIME_SLACK_MS >= before_ms:
        return False
    return not (before_ms > MODULUS_MASK - _UPTIME_WRAP_MS and now_ms < _UPTIME_WRAP_MS)


def _following(place: Place, sequence: int, units: int) -> int:
    """Give the number to come after a datagram; where its units are not known, only sometimes."""
    if units >= 0:
        return (sequence + units) & MODULUS_MASK
    return sequence if place.inclusive else UNKNOWN


def _is_inclusive(place: Place, bare: int, units: int) -> bool:
    """
    Tell whether a stream turns out to count each datagram's own units in its number.

    softflowd does so in IPFIX, against RFC 7011, section 3.1: its numbers differ by what
    the later datagram holds. A loss may look alike, but not several times in a row.
    """
    trouble = place.trouble
    step = _ahead(bare, trouble.bare_last)
    if place.inclusive or units <= 0 or UNKNOWN in {step, trouble.bare_units}:
        return False
    if step == units == trouble.bare_units:
        return False  # Both ways of counting give the same numbers.
    trouble.inclusive = trouble.inclusive + 1 if step == units else 0
    return trouble.inclusive >= _INCLUSIVE


def _ahead(number: int, before: int) -> int:
    """Give how far *number* lies ahead of *before*; `UNKNOWN` if one is."""
    return UNKNOWN if UNKNOWN in {number, before} else (number - before) & MODULUS_MASK


def _count_inclusively(place: Place, bare: int, units: int, tally: Counter[str]) -> None:
    """Read the stream's numbers as inclusive from here on, and take back what seemed lost."""
    trouble, unit = place.trouble, place.unit
    tally[INCLUSIVE] += 1
    tally[LATE[unit]] += sum(gap[1] for gap in trouble.gaps if place.count - gap[2] <= WINDOW)
    tally[SEQUENCED[unit]] += units
    trouble.gaps.clear()
    trouble.leaps.clear()
    trouble.disorder = trouble.run = trouble.same = 0
    place.inclusive = True
    place.last, place.following = (bare - units) & MODULUS_MASK, bare


def _go_on(place: Place, sequence: int, units: int, tally: Counter[str]) -> None:
    """Accept a datagram as the newest one."""
    place.last = sequence
    place.following = _following(place, sequence, units)
    if units > 0:
        tally[SEQUENCED[place.unit]] += units


def _begin_anew(place: Place, sequence: int, units: int, tally: Counter[str]) -> None:
    tally[RESTARTED] += 1
    trouble = place.trouble
    trouble.gaps.clear()
    trouble.leaps.clear()
    trouble.run = trouble.same = 0
    _go_on(place, sequence, units, tally)


def _step_back(place: Place, sequence: int, units: int, ahead: int, tally: Counter[str]) -> None:
    """Judge a number that lies behind, or farther ahead than can be believed."""
    trouble = place.trouble
    behind = MODULUS_MASK + 1 - ahead
    is_near = behind <= _NEAR[place.unit]
    if is_near and _fill(place, sequence, units, tally):
        return
    if units == 0 and is_near:
        return  # Templates alone: nothing is counted, nothing can be missing.
    if sequence == place.last:
        tally[DUPLICATE] += 1
        trouble.same += 1
        if trouble.same >= _SAME_IS_CONSTANT:
            place.constant, place.following = True, sequence
        return
    follows = (sequence - trouble.run_following) & MODULUS_MASK <= _NEAR[place.unit]
    trouble.run = trouble.run + 1 if trouble.run and follows else 1
    trouble.run_following = (sequence + max(units, 0)) & MODULUS_MASK
    trouble.disorder += _DISORDER
    trouble.leaps.clear()  # Somebody still counts on this side of them.
    if trouble.disorder >= _DISORDERLY:
        trouble.interleaved = True
        open_gaps = (gap[1] for gap in trouble.gaps if place.count - gap[2] <= WINDOW)
        tally[LATE[place.unit]] += sum(open_gaps)
        trouble.gaps.clear()
        tally[INTERLEAVED] += 1
    elif trouble.run >= (_RUN_NEAR if is_near else _RUN_FAR):
        place.uptime_ms = UNKNOWN_UPTIME  # The clock of before says nothing now.
        _begin_anew(place, sequence, units, tally)
    else:
        tally[OUT_OF_PLACE] += 1


def _fill(place: Place, sequence: int, units: int, tally: Counter[str]) -> bool:
    """Give back what a late datagram holds of a gap; tell whether it lay in one."""
    gaps, size = place.trouble.gaps, max(units, 0)
    for at, (first, length, count) in enumerate(gaps):
        inside = (sequence - first) & MODULUS_MASK
        if place.count - count > WINDOW or inside + max(size, 1) > length:
            continue
        rest = ((first, inside), ((sequence + size) & MODULUS_MASK, length - inside - size))
        gaps[at : at + 1] = [(start, left, count) for start, left in rest if left]
        tally[LATE_DATAGRAMS] += 1
        tally[LATE[place.unit]] += size
        tally[SEQUENCED[place.unit]] += size
        return True
    for leap in place.trouble.leaps:
        if size <= (leap.end - sequence) & MODULUS_MASK <= min(_NEAR[place.unit], leap.units):
            leap.units -= size
            tally[LATE_DATAGRAMS] += 1
            tally[SEQUENCED[place.unit]] += size
            return True
    return False


def _bear(place: Place, sequence: int, units: int, ahead: int, tally: Counter[str]) -> None:
    """Follow a stream of several processes without a claim, until it is in order for long."""
    trouble = place.trouble
    tally[INTERLEAVED] += 1
    is_known = place.following >= 0
    change = _DISORDER if ahead and is_known else -1
    trouble.disorder = min(max(trouble.disorder + change, 0), _DISORDER_MOST)
    place.last = sequence
    place.following = _following(place, sequence, units)
    if not trouble.disorder:
        trouble.interleaved = False
