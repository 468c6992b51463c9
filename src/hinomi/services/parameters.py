"""
The parameter register as people work with it: looked at, changed by two of them, handed on.

A proposal changes nothing. Approved by another person it writes the register, whole or not at
all, and the journal keeps both versions, both values and both names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from hinomi.errors import ConfigError, Conflict, NotFound, UsageError
from hinomi.govern.approvals import Approval, Request, State
from hinomi.govern.parameters import (
    Parameter,
    Register,
    adopted,
    difference,
    parse_value,
    require_long_enough,
    require_sound,
    show_value,
)
from hinomi.govern.roles import Kind
from hinomi.services.approvals import ask, break_glass, require_open, take
from hinomi.services.home import Home, open_home
from hinomi.services.mandates import who_acts
from hinomi.services.people import Actor, acting, people_in_force, today
from hinomi.services.register import put_in_force, restore_register

OPERATION: Final = "parameters"
REVIEW_AFTER: Final = timedelta(days=365)
"""When a changed parameter is to be thought about again, unless the proposal says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What a proposal says beside the value; None keeps what the register says."""

    considerations: str
    evidence: str | None = None
    alternatives: str | None = None
    review: date | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of a proposal: it waits for another person, or is in force."""

    request: int
    approval: Approval | None = None  # None: it waits.
    version: str | None = None  # Of the register from now on, where it is in force.


def parameter_of(home: Home, name: str) -> Parameter:
    """
    Give what is registered under *name*.

    Raises:
        NotFound: If nothing is.
    """
    try:
        return home.register.parameters[name]
    except KeyError:
        raise NotFound(f"no parameter {name}; `hinomi parameters list` names all") from None


def overdue(home: Home) -> list[str]:
    """Name the parameters whose review date has passed."""
    return home.register.due(today(home))


def propose(
    home: Home, name: str, text: str, reasons: Reasons, *, emergency: str | None = None
) -> Proposed:
    """
    Propose another value, or other reasons, for one parameter.

    Args:
        home: Whose register.
        name: Of the parameter.
        text: The value, as a person wrote it; the present one to change the reasons alone.
        reasons: Why; they stand in the register.
        emergency: Why it cannot wait for another person; None: it can.

    Raises:
        NotFound: If there is no such parameter.
        UsageError: If the value cannot be meant, nothing changes, or there are no considerations.
        NotPermitted: If the acting person may not.
    """
    what = _plan(home, name, text, reasons)
    why = reasons.considerations
    if emergency is not None:
        approval = break_glass(home, Kind.PARAMETER_CHANGE, what, emergency)
        return Proposed(approval.request, approval, _put(home, what, approval))
    asked = ask(home, Kind.PARAMETER_CHANGE, what, why)
    if asked.state is not State.APPROVED:
        return Proposed(asked.id)
    return carry_out(home, asked.id)


def propose_each(home: Home, values: Mapping[str, str], reasons: Reasons) -> tuple[Proposed, ...]:
    """
    Propose values of several parameters for the same reasons, as `propose` does one.

    Args:
        home: Whose register.
        values: As a person writes them, by name.
        reasons: Why; they stand in the register with each.

    Raises:
        As `propose`; nothing is asked for if one of them cannot be meant.
    """
    for name, text in values.items():
        _plan(home, name, text, reasons)
    proposed = []
    for name, text in values.items():
        proposed.append(propose(home, name, text, reasons))
        if proposed[-1].version is not None:  # In force at once, where nobody else is needed.
            home = open_home(home.folder, home.clock)
    return tuple(proposed)


def carry_out(home: Home, number: int) -> Proposed:
    """
    Put an approved proposal in force.

    Raises:
        Conflict: If the parameter was changed since it was proposed.
        NotPermitted: If it is not approved.
    """
    request = require_open(home, number)
    require_unchanged(home, request)
    what = request.what or {}
    name = str(what.get("name"))
    after = home.register.with_parameter(name, _entry(parameter_of(home, name), what))
    require_long_enough(after, f"request {number}")  # Others may have changed since.
    what, approval = take(home, number)
    return Proposed(number, approval, _put(home, what, approval))


def require_unchanged(home: Home, request: Request) -> None:
    """
    Return if a proposal speaks of the value that is in force.

    Raises:
        Conflict: If the parameter was changed since.
    """
    what = request.what or {}
    name = str(what.get("name"))
    now = home.register.parameters.get(name)
    if now is None or now.value != what.get("before"):
        raise Conflict(
            f"{name} is {show_value(now.value if now else None)} by now, and request {request.id} "
            f"was proposed when it was {show_value(what.get('before'))}: refuse it and propose anew"
        )


def adopt(home: Home) -> tuple[Register, dict[str, list[Any]]]:
    """
    Bring the register up to what this version of hinomi ships.

    Returns:
        The register from now on, and value before and after of each parameter that changed.

    Raises:
        Conflict: If it is up to date.
        Unavailable: If the disk or the journal refuses; the register stays as it was.
    """
    after = adopted(home.register)
    if after == home.register:
        raise Conflict("the register has all that this version ships: nothing to adopt")
    told = {"operation": OPERATION, "act": "adopt", **_actor(home).facts}
    put_in_force(home.folder, home.clock, home.register, after, told)
    return after, dict(difference(home.register, after))


def restore(home: Home) -> list[str]:
    """
    Put back the register that was last put in force.

    Returns:
        Names of the parameters of which the file said something else.
    """
    told = {"operation": OPERATION, "act": "restore", **_actor(home).facts}
    return restore_register(home.folder, home.clock, told)


def _actor(home: Home) -> Actor:
    return acting(home, people_in_force(home).people)


def _plan(home: Home, name: str, text: str, reasons: Reasons) -> dict[str, Any]:
    """Tell a change of one parameter as a request holds it."""
    now = parameter_of(home, name)
    if not reasons.considerations.strip():
        raise UsageError(f"{name}: a change needs its --considerations: they are handed on")
    review = reasons.review or today(home) + REVIEW_AFTER
    if review <= today(home):
        raise UsageError(f"{name}: the review date {review} is not in the future")
    said = {"evidence": reasons.evidence, "alternatives": reasons.alternatives}
    kept = {"evidence": now.evidence, "alternatives": now.alternatives}
    what = {
        "name": name,
        "before": now.value,
        "value": parse_value(name, text, now.value),
        "considerations": reasons.considerations.strip(),
        **{each: kept[each] if one is None else one.strip() for each, one in said.items()},
        "review": review.isoformat(),
    }
    after = _entry(now, what)
    try:
        require_sound(Register({name: after}), "this cannot be meant", may_lack=True)
        require_long_enough(home.register.with_parameter(name, after), "this cannot be meant")
    except ConfigError as error:
        raise UsageError(str(error)) from error
    if after == now:
        raise UsageError(f"{name} says all of that already: nothing to propose")
    return what


def _put(home: Home, what: Mapping[str, Any], approval: Approval) -> str:
    name = str(what["name"])
    people = people_in_force(home).people
    now = parameter_of(home, name)
    decided = msgspec.structs.replace(
        _entry(now, what),
        decided_by=people.label(approval.by),
        approved_by=", ".join(map(people.label, approval.approved_by)),
    )
    after = home.register.with_parameter(name, decided)
    told = {
        "operation": OPERATION,
        "act": "change",
        "request": approval.request,
        "who": who_acts(),
        "person": approval.by,
        "approved_by": list(approval.approved_by),
        "four_eyes": approval.four_eyes,
        "break_glass": approval.glass_broken,
        "name": name,
        "considerations": what["considerations"],
    }
    put_in_force(home.folder, home.clock, home.register, after, told)
    return after.version


def _entry(now: Parameter, what: Mapping[str, Any]) -> Parameter:
    return msgspec.structs.replace(
        now,
        value=what["value"],
        considerations=what["considerations"],
        evidence=what["evidence"],
        alternatives=what["alternatives"],
        review=date.fromisoformat(what["review"]),
    )
