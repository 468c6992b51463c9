"""Cases, steps of cases and evidence for tests of the case book, with defaults."""

from dataclasses import replace
from typing import Any

from hinomi.model.address import parse_address
from hinomi.model.case import (
    Case,
    CaseEvent,
    CaseState,
    Finding,
    ServiceClass,
    Step,
    Verdict,
    after,
)
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.listing import Listing
from hinomi.model.service import Reason, Service
from hinomi.store.casebook import CaseBook
from hinomi.store.cases import Change

NOW_MS = 1_780_000_000_000
DAY = 20_600
REASON = Reason(code="listed", text="“x”", text_ja="火の見", weight=1.5, values={"age_days": 3})


def service(text: str = "198.51.100.7", port: int = 443, *, own: bool = False) -> Service:
    """Give a service over TCP; an own one is named by what would be its pseudonym."""
    return Service(parse_address(text), 6, port, own=own)


def said(about: Service | None = None, **given: Any) -> Evidence:
    """Give one statement of a honeypot, but for what is *given*."""
    usual: dict[str, Any] = {
        "service": about or service(),
        "method": Method.HONEYPOT,
        "source": "honeypots",
        "claim": Claim.CC,
        "observed_day": DAY,
    }
    return Evidence(**(usual | given))


def verdict(case: Case, by: str = "ana", **given: Any) -> Verdict:
    """Give a verdict on *case* as it stands."""
    usual: dict[str, Any] = {
        "by": by,
        "at_ms": NOW_MS,
        "finding": Finding.CC,
        "service_class": ServiceClass.DEDICATED,
        "reason": "ボット が話す",
        "episode": case.episode,
        "posterior": case.posterior,
    }
    return Verdict(**(usual | given))


def listing(case: Case, valid_until: int = 3000) -> Listing:
    """Give a listing of the server of *case*."""
    found = case.service
    return Listing(found.address, found.proto, found.port, ServiceClass.DEDICATED, valid_until)


def opening(about: Service | None = None, **given: Any) -> Change:
    """Give the opening of a case."""
    case = Case(
        id=0,
        service=about or service(),
        state=CaseState.CANDIDATE,
        service_class=ServiceClass.UNKNOWN,
        episode=1,
        version=1,
        opened_ms=NOW_MS,
        changed_ms=NOW_MS,
        posterior=0.25,
        methods=1,
    )
    case = replace(case, **given)
    return Change(after=case, event=_event(None, case, Step.OPEN, "run"))


def stepping(case: Case, step: Step, by: str = "run", **given: Any) -> Change:
    """
    Give a step of *case*.

    Args:
        case: As it stands.
        step: One that there is from there.
        by: Who takes it.
        given: What else is different in the case after it, or goes with the change.
    """
    state = after(case.state, step)
    assert state is not None, f"no step {step} from {case.state}"
    beside = {
        name: given.pop(name)
        for name in ("verdict", "listing", "was_contacted", "since_epoch")
        if name in given
    }
    episode = case.episode + (step is Step.RETURN)
    changed = replace(
        case,
        state=state,
        version=case.version + 1,
        episode=episode,
        changed_ms=case.changed_ms + 1,
        **given,
    )
    return Change(after=changed, event=_event(case, changed, step, by), **beside)


def opened(book: CaseBook, about: Service | None = None, **given: Any) -> Case:
    """Open a case in *book*."""
    return book.cases.open(opening(about, **given))


def walked(book: CaseBook, case: Case, *steps: Step) -> Case:
    """Let *case* take *steps*, one after the other; a listing goes out with `Step.LIST`."""
    for step in steps:
        change = stepping(case, step)
        if step in {Step.LIST, Step.RENEW}:
            change = replace(change, listing=listing(case))
        case = book.cases.change(change)
    return case


def _event(before: Case | None, now: Case, step: Step, by: str) -> CaseEvent:
    return CaseEvent(
        version=now.version,
        episode=now.episode,
        at_ms=now.changed_ms,
        step=step,
        before=None if before is None else before.state,
        after=now.state,
        by=by,
        register="r" * 64,
        entry=17,
        posterior=now.posterior,
        reasons=(REASON,),
    )
