"""
What the contacts of one line say of one service, in log-odds.

All of it leans on one cause, the habit of one line, so it is summed first and then bounded
as one piece of evidence: alone it never reaches even odds (`bounded`).
"""

import math
from dataclasses import dataclass
from typing import Final

from hinomi.detect.beacon import MIN_CONTACTS, POISSON_REGULARITY, Rhythm

HOUR_MS: Final = 3_600_000
WEB_HABIT: Final = 2
_FIRM: Final = 0.75
"""Log-odds of a habit from which its surroundings count in full."""

_PORT_SAYS: Final = {0: -4.0, 1: -3.0, 2: -1.5, 3: -0.5, 4: 2.0, 5: 0.7}
"""By `ports.habit`. Web ports hold most C&Cs and nearly all else: they say little against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What surrounds the contacts of one line with one service."""

    habit: int  # `ports.habit` of the service's port.
    siblings: int  # Remote addresses the line met on this protocol and port, itself included.
    neighbours: int  # Of them inside the same /16 (v4) or /32 (v6), itself included.
    line_span_ms: int  # From the line's first record to its last.
    remote_own: bool
    line_is_mesh: bool  # The line meets many services that nobody else meets.
    shared_with: int  # Other lines that met the service.


def weigh(rhythm: Rhythm, setting: Setting) -> dict[str, float]:
    """
    Weigh one line's contacts with one service.

    Args:
        rhythm: The contacts.
        setting: What surrounds them.

    Returns:
        Log-odds by reason code; only reasons that say something. The constants are chosen
        by judgement, not fitted: single captures are too few to fit anything.
    """
    clock, repeats = _clock(rhythm), _repeats(rhythm)
    terms = {
        # A clock repeats itself: the two views of one habit do not add up.
        "rhythm": clock if clock >= repeats else 0.0,
        "repeats": repeats if repeats > clock else 0.0,
        "retries": _retries(rhythm, setting),
        "standing": _standing(rhythm, setting),
    }
    positive = sum(terms.values())
    if positive <= 0.0:
        return {}
    # What surrounds a habit speaks for it only as far as there is one.
    firm = min(1.0, positive / _FIRM)
    terms["port"] = _scaled(_PORT_SAYS[setting.habit], firm)
    terms["alone"] = _scaled(_alone(setting), firm)
    terms["bulk"] = _bulk(rhythm)
    if setting.remote_own:
        terms["inside"] = -3.0
    if setting.line_is_mesh and setting.habit >= 4:  # noqa: PLR2004 - see `ports.habit`.
        terms["mesh"] = -3.0
    return {code: weight for code, weight in terms.items() if weight != 0.0}


def bounded(total: float, most: float) -> float:
    """
    Bound summed log-odds softly by *most*, keeping their order.

    Negative sums pass unchanged; positive ones tend towards *most* without reaching it.
    """
    return total if total <= 0 else most * (1.0 - math.exp(-total / most))


def _scaled(weight: float, firm: float) -> float:
    return weight * firm if weight > 0 else weight


def _clock(rhythm: Rhythm) -> float:
    """Clock-likeness above chance, worth more the more contacts show it and the longer."""
    answered = rhythm.contacts - rhythm.failed
    if rhythm.contacts < MIN_CONTACTS + 1 or answered == 0:
        return 0.0
    above = max(0.0, rhythm.regularity - POISSON_REGULARITY) / (1.0 - POISSON_REGULARITY)
    sure = rhythm.contacts / (rhythm.contacts + 8.0)
    long = min(1.0, rhythm.span_ms / HOUR_MS)
    return above * sure * (2.0 + rhythm.sameness + 2.0 * long)


def _repeats(rhythm: Rhythm) -> float:
    """The same small exchange over and over, whatever the gaps: a program, not a person."""
    answered = rhythm.contacts - rhythm.failed
    if answered < 20 or rhythm.bytes_per_contact > 5_000:  # noqa: PLR2004
        return 0.0
    return min(3.0, math.log2(answered / 10.0)) * max(0.0, 2.0 * rhythm.sameness - 1.0)


def _retries(rhythm: Rhythm, setting: Setting) -> float:
    """Persistence against refusal and silence: programs give up, bots do not."""
    if rhythm.failed < 10 or rhythm.failed < 0.8 * rhythm.contacts:  # noqa: PLR2004
        return 0.0
    stubborn = math.log2(rhythm.failed / 5.0)
    return min(6.0, stubborn) / (1.0 + 0.5 * (setting.siblings - 1))


def _standing(rhythm: Rhythm, setting: Setting) -> float:
    """A thin connection held, or a service returned to, through most of the line's time."""
    answered = rhythm.contacts - rhythm.failed
    if answered == 0 or setting.line_span_ms <= 0:
        return 0.0
    share = min(1.0, rhythm.span_ms / setting.line_span_ms)
    if rhythm.bytes_per_contact > 50_000 or (rhythm.contacts < MIN_CONTACTS and share < 0.5):  # noqa: PLR2004
        return 0.0
    long = min(1.0, rhythm.span_ms / (HOUR_MS / 12))
    return 2.0 * share * long


def _alone(setting: Setting) -> float:
    """
    One address on its port speaks for a C&C; a fleet beside it, or company, against.

    Everybody meets many addresses on web ports: there only neighbours make a fleet.
    """
    if setting.habit == WEB_HABIT:
        fleet = -0.4 * math.log2(setting.neighbours)
    else:
        fleet = -0.7 * math.log2(setting.siblings) if setting.siblings > 1 else 0.8
        fleet -= 0.5 if setting.neighbours > 1 else 0.0
    return max(fleet - 0.3 * math.log2(1 + setting.shared_with), -4.0)


def _bulk(rhythm: Rhythm) -> float:
    """Large answers are what servers are for; a C&C sends orders, a stolen file goes to it."""
    return -min(3.0, max(0.0, 1.5 * math.log10(max(rhythm.answer_bytes, 1.0) / 30_000.0)))
