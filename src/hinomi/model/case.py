"""Cases: the way of a service from candidate to verdict, and which steps there are on it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hinomi.model.service import Reason, Service


class CaseState(StrEnum):
    """How far a case has come. What kind of server it is, is its class and not its state."""

    CANDIDATE = "candidate"  # Found; nobody has looked at it.
    UNDER_REVIEW = "under-review"  # An analyst has taken it.
    CORROBORATED = "corroborated"  # Independent methods agree, and an analyst.
    LISTABLE = "listable"  # So does a reviewer who is not that analyst.
    LISTED = "listed"  # Two people let it out.
    EXPIRED = "expired"  # Its evidence has aged.
    WITHDRAWN = "withdrawn"  # It was listed and should not be any more.
    REJECTED = "rejected"  # It is no C&C server, or none that may be listed.

    @property
    def is_open(self) -> bool:
        """Tell whether something may still become of this episode."""
        return self not in CLOSED


CLOSED: Final = frozenset({CaseState.EXPIRED, CaseState.WITHDRAWN, CaseState.REJECTED})


OPEN_STATES: Final = tuple(state for state in CaseState if state.is_open)


class ServiceClass(StrEnum):
    """What kind of server it is."""

    UNKNOWN = "unknown"
    DEDICATED = "dedicated"  # The server serves its botnet alone.
    COMPROMISED = "compromised-host"  # Somebody's server, abused.
    SHARED = "shared-host"  # Many customers behind one address: listing it would hurt them.
    SINKHOLE = "sinkhole"  # Held by defenders.
    LOADER = "loader"  # Hands out malware and commands nobody.

    @property
    def is_listable(self) -> bool:
        """Tell whether a server of this class may be listed as a C&C server."""
        return self in {ServiceClass.DEDICATED, ServiceClass.COMPROMISED}


class Step(StrEnum):
    """What moves a case, or is noted in its history."""

    OPEN = "open"
    WEIGH = "weigh"  # New evidence, or older: it comes to something else now.
    TAKE = "take"
    CORROBORATE = "corroborate"
    FALL_BACK = "fall-back"  # What it stood on is gone.
    CLEAR = "clear"  # A reviewer agrees.
    LIST = "list"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    REJECT = "reject"
    RENEW = "renew"  # Looked at again, and it still holds.
    RETURN = "return"  # A new episode of the same case.


@dataclass(frozen=True, slots=True)
class Transition:
    """One step that is allowed, and who takes it."""

    before: CaseState | None  # None: the case does not exist yet.
    step: Step
    after: CaseState
    by: str  # "run", "analyst", "reviewer", "two people": shown in the reference.


TRANSITIONS: Final = (
    Transition(None, Step.OPEN, CaseState.CANDIDATE, "run"),
    Transition(CaseState.CANDIDATE, Step.WEIGH, CaseState.CANDIDATE, "run"),
    Transition(CaseState.CANDIDATE, Step.TAKE, CaseState.UNDER_REVIEW, "analyst"),
    Transition(CaseState.CANDIDATE, Step.EXPIRE, CaseState.EXPIRED, "run"),
    Transition(CaseState.CANDIDATE, Step.REJECT, CaseState.REJECTED, "analyst"),
    Transition(CaseState.UNDER_REVIEW, Step.WEIGH, CaseState.UNDER_REVIEW, "run"),
    Transition(CaseState.UNDER_REVIEW, Step.CORROBORATE, CaseState.CORROBORATED, "analyst"),
    Transition(CaseState.UNDER_REVIEW, Step.EXPIRE, CaseState.EXPIRED, "run"),
    Transition(CaseState.UNDER_REVIEW, Step.REJECT, CaseState.REJECTED, "analyst"),
    Transition(CaseState.CORROBORATED, Step.WEIGH, CaseState.CORROBORATED, "run"),
    Transition(CaseState.CORROBORATED, Step.CLEAR, CaseState.LISTABLE, "reviewer"),
    Transition(CaseState.CORROBORATED, Step.FALL_BACK, CaseState.UNDER_REVIEW, "run"),
    Transition(CaseState.CORROBORATED, Step.EXPIRE, CaseState.EXPIRED, "run"),
    Transition(CaseState.CORROBORATED, Step.REJECT, CaseState.REJECTED, "reviewer"),
    Transition(CaseState.LISTABLE, Step.WEIGH, CaseState.LISTABLE, "run"),
    Transition(CaseState.LISTABLE, Step.LIST, CaseState.LISTED, "two people"),
    Transition(CaseState.LISTABLE, Step.FALL_BACK, CaseState.UNDER_REVIEW, "run"),
    Transition(CaseState.LISTABLE, Step.EXPIRE, CaseState.EXPIRED, "run"),
    Transition(CaseState.LISTABLE, Step.REJECT, CaseState.REJECTED, "reviewer"),
    Transition(CaseState.LISTED, Step.WEIGH, CaseState.LISTED, "run"),
    Transition(CaseState.LISTED, Step.RENEW, CaseState.LISTED, "run"),
    Transition(CaseState.LISTED, Step.EXPIRE, CaseState.EXPIRED, "run"),
    Transition(CaseState.LISTED, Step.WITHDRAW, CaseState.WITHDRAWN, "reviewer"),
    Transition(CaseState.EXPIRED, Step.RETURN, CaseState.CANDIDATE, "run"),
    Transition(CaseState.WITHDRAWN, Step.RETURN, CaseState.CANDIDATE, "run"),
    Transition(CaseState.REJECTED, Step.RETURN, CaseState.CANDIDATE, "run"),
)
"""Every step that there is. What stands nowhere here is refused."""

_AFTER: Final = {(each.before, each.step): each.after for each in TRANSITIONS}


def after(before: CaseState | None, step: Step) -> CaseState | None:
    """Give the state that *step* leads to from *before*; None: there is no such step."""
    return _AFTER.get((before, step))


class Finding(StrEnum):
    """What a person says of a case."""

    CC = "cc"
    NOT_CC = "not-cc"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one person found, and why: once given it stays, and a later one stands beside it."""

    by: str  # Who, as the list of people names them.
    at_ms: int
    finding: Finding
    service_class: ServiceClass
    reason: str  # In the person's own words.
    lifted: tuple[str, ...] = ()  # Codes of holds that do not hold here, as the reason says.
    episode: int
    posterior: float  # What the evidence came to when it was given, 0..1.


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One service, and what is known, thought and decided about it.

    A service that returns after its case was closed is a new episode of the same case.
    """

    id: int
    service: Service
    state: CaseState
    service_class: ServiceClass
    episode: int  # From 1.
    version: int  # One more with each change: who decides says which one they looked at.
    opened_ms: int  # Of this episode.
    changed_ms: int
    posterior: float  # That it is a C&C server now, from all evidence, 0..1.
    methods: int  # Independent methods that speak for it.
    holds: tuple[str, ...] = field(default=())  # Codes of what keeps it from being listed.
    is_urgent: bool = False  # Two independent methods agree: a reviewer is waited for.


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent:
    """One change of a case: who made it, from where to where, and why."""

    version: int  # Of the case after it.
    episode: int
    at_ms: int
    step: Step
    before: CaseState | None
    after: CaseState
    by: str  # A person, or "run".
    register: str  # Version of the parameters that it was made under.
    entry: int  # Of the journal; -1: none.
    posterior: float
    reasons: tuple[Reason, ...]
