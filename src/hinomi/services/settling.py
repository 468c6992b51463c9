"""
What becomes of a case without anybody deciding: it is weighed anew, falls back, holds, expires.

Nothing here lets anything out. It can only take back, and ask for a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

from hinomi.errors import Conflict
from hinomi.model.case import Case, CaseEvent, CaseState, ServiceClass, Step, Verdict, after
from hinomi.model.context import DAY_MS
from hinomi.model.listing import Listing, epoch_of
from hinomi.model.service import Reason
from hinomi.services.home import Home
from hinomi.services.weighing import Assessment, Assessor
from hinomi.store.casebook import CaseBook
from hinomi.store.cases import Change
from hinomi.verify.decide import (
    Standing,
    contradicts,
    falls_back,
    is_holding,
    list_codes,
    missing_evidence,
    reasons_of,
)
from hinomi.verify.holds import Hold

RUN = "run"
"""Who takes a step that no person takes."""

AGED = "aged"
"""Code of the reason for which a case expires that nobody found for too long."""

_NOTICED = 0.05
"""A posterior that moved by less is not worth a line of history."""

_AT_ONCE = 100
"""So many cases change together: nobody waits long for them, nor they for the disk."""

_WAITING = frozenset({CaseState.CANDIDATE, CaseState.UNDER_REVIEW, CaseState.CORROBORATED})


@dataclass(frozen=True, slots=True)
class Settled:
    """One case that changed by itself."""

    case: Case
    step: Step
    is_paged: bool  # It became urgent just now.


def deciders_of(casebook: CaseBook, case: Case) -> frozenset[str]:
    """Name who gave verdicts in the present episode of a case."""
    return frozenset(each.by for each in _said_of(casebook, case))


def standing_of(casebook: CaseBook, case: Case, assessment: Assessment) -> Standing:
    """Put a case together with its weighing, holds and the verdicts of its episode."""
    return Standing(
        case=case,
        weighing=assessment.weighing,
        holds=assessment.holds,
        verdicts=_said_of(casebook, case),
    )


def _said_of(casebook: CaseBook, case: Case) -> tuple[Verdict, ...]:
    verdicts = casebook.cases.verdicts(case.id)
    return tuple(each for each in verdicts if each.episode == case.episode)


def weighed(case: Case, assessment: Assessment, home: Home, step: Step, entry: int = -1) -> Change:
    """
    Tell a step of a case as a change, with everything weighed anew.

    Raises:
        Conflict: If there is no such step from where the case stands.
    """
    to = after(case.state, step)
    if to is None:
        raise Conflict(
            f"case {case.id} is {case.state}: there is no step {step.value!r} from there"
        )
    now_ms = home.clock()
    suggested = case.service_class is ServiceClass.UNKNOWN
    changed = replace(
        case,
        state=to,
        service_class=assessment.suggested if suggested else case.service_class,
        version=case.version + 1,
        changed_ms=now_ms,
        posterior=round(assessment.weighing.posterior, 4),
        methods=assessment.weighing.methods,
        holds=list_codes(assessment.holds),
    )
    event = CaseEvent(
        version=changed.version,
        episode=changed.episode,
        at_ms=now_ms,
        step=step,
        before=case.state,
        after=to,
        by=RUN,
        register=home.register.version,
        entry=entry,
        posterior=changed.posterior,
        reasons=reasons_of(assessment.weighing, assessment.holds),
    )
    return Change(after=changed, event=event)


def settle(assessor: Assessor, cases: Iterable[Case]) -> list[Settled]:
    """
    Weigh open cases anew, and take the step of each that no person takes, if there is one.

    Returns:
        What they became. Those are left out of which nothing worth a line changed, and those
        that somebody else changed meanwhile: who did looks at them as they are now.
    """
    casebook = assessor.casebook
    waiting = iter([each for each in cases if each.state.is_open])
    settled = []
    while some := tuple(islice(waiting, _AT_ONCE)):
        with casebook.snapshot():
            planned = [_planned(assessor, each) for each in some]
        urgent = {each.id for each in some if each.is_urgent}
        for change in casebook.cases.change_each(each for each in planned if each is not None):
            case = change.after
            is_paged = case.is_urgent and case.id not in urgent
            settled.append(Settled(case, change.event.step, is_paged=is_paged))
    return settled


def _planned(assessor: Assessor, case: Case) -> Change | None:
    """Weigh an open case anew, and tell what becomes of it; None: nothing worth a line."""
    home, casebook = assessor.home, assessor.casebook
    assessment = assessor.assess(case.service, case.service_class, deciders_of(casebook, case))
    standing = standing_of(casebook, case, assessment)
    step, why = _step(assessor, standing, assessment)
    change = weighed(case, assessment, home, step)
    urgent = _is_urgent(change.after, standing, assessor)
    change = replace(
        change,
        after=replace(change.after, is_urgent=urgent),
        event=replace(change.event, reasons=(*why, *change.event.reasons)),
    )
    if step is Step.RENEW:
        return replace(change, listing=renewed(home, casebook, case))
    if step is Step.WEIGH and not _is_noticed(case, change.after):
        return None
    return change


def lease(home: Home) -> int:
    """Give the last epoch of a listing that was looked at now."""
    epoch_days = home.register.integer("share.epoch_days")
    lease_ms = home.register.integer("share.lease_days") * DAY_MS
    return epoch_of(home.clock() + lease_ms, epoch_days)


def renewed(home: Home, casebook: CaseBook, case: Case) -> Listing:
    """Give the listing of a listed case as it holds from now on."""
    return replace(casebook.listings.of(case), valid_until=lease(home))


def is_due(home: Home, listing: Listing) -> bool:
    """Tell whether half of a listing's lease is over."""
    epoch_days = home.register.integer("share.epoch_days")
    half_ms = home.register.integer("share.lease_days") * DAY_MS // 2
    return listing.valid_until <= epoch_of(home.clock() + half_ms, epoch_days)


def _step(
    assessor: Assessor, standing: Standing, assessment: Assessment
) -> tuple[Step, tuple[Reason, ...]]:
    case = standing.case
    age_days = assessor.watched_days(assessor.day - assessment.last_day)
    if case.state is CaseState.LISTED:
        if age_days > assessment.days_valid:
            return Step.EXPIRE, (_aged(assessment, age_days),)
        limit, weighing = assessor.rules.present_limit, standing.weighing
        if weighing.posterior < limit <= weighing.agreed:
            return Step.EXPIRE, (_over(weighing.posterior, limit),)
        return _of_listed(assessor.home, standing, assessor.casebook.listings.of(case))
    if age_days > assessment.days_held:
        return Step.EXPIRE, (_aged(assessment, age_days),)
    if case.state in {CaseState.CORROBORATED, CaseState.LISTABLE}:
        lost = falls_back(standing, assessor.rules)
        if lost:
            return Step.FALL_BACK, lost
    return Step.WEIGH, ()


def _of_listed(home: Home, standing: Standing, listing: Listing) -> tuple[Step, tuple[Reason, ...]]:
    """
    Renew a listing that nothing holds; one that something holds by now ends with its lease.

    So does one that somebody contradicts. Until then a person is waited for: they lift the hold,
    judge anew, or withdraw the listing.
    """
    held = _holding(standing)
    if not held and not contradicts(standing.verdicts):
        return (Step.RENEW if is_due(home, listing) else Step.WEIGH), ()
    epoch_days = home.register.integer("share.epoch_days")
    if listing.valid_until < epoch_of(home.clock(), epoch_days):
        return Step.EXPIRE, (_not_renewed(held) if held else _contradicted(),)
    return Step.WEIGH, ()


def _holding(standing: Standing) -> list[Hold]:
    return [each for each in standing.holds if is_holding(each, standing.lifted)]


def _is_urgent(case: Case, standing: Standing, assessor: Assessor) -> bool:
    """Tell whether a person is waited for: methods agree, or what is listed is contradicted."""
    lacks = missing_evidence(standing.weighing, assessor.rules)
    if case.state is CaseState.LISTED:
        weighing = standing.weighing
        contrary = weighing.methods_against or contradicts(standing.verdicts)
        return bool(lacks or contrary or _holding(standing))
    return case.state in _WAITING and not lacks


def _is_noticed(before: Case, now: Case) -> bool:
    same = ("methods", "holds", "is_urgent", "service_class")
    moved = abs(before.posterior - now.posterior) >= _NOTICED
    return moved or any(getattr(before, name) != getattr(now, name) for name in same)


def _not_renewed(held: list[Hold]) -> Reason:
    codes = ", ".join(each.code for each in held)
    return Reason(
        code="not-renewed",
        text=f"Its listing has run out, and something holds a new one: {codes}.",
        text_ja=f"掲載期間が終わりましたが、更新を保留する理由があります: {codes}。",
        weight=0.0,
        values={"holds": codes},
    )


def _contradicted() -> Reason:
    return Reason(
        code="contradicted",
        text="Its listing has run out, and the last verdict on it is that it should not be listed.",
        text_ja="掲載期間が終わりましたが、最後の判断は「載せるべきではない」でした。",
        weight=0.0,
    )


def _over(posterior: float, limit: float) -> Reason:
    return Reason(
        code="over",
        text=f"It was one, but sources say that it is gone: that it is still there is likely to "
        f"{posterior:.2f} only; needed: {limit:.2f}.",
        text_ja="C&Cサーバでしたが、もう存在しないとの情報があります。"
        f"今も存在する確からしさは{posterior:.2f}です。{limit:.2f}が必要です。",
        weight=0.0,
        values={"posterior": round(posterior, 4), "needed": limit},
    )


def _aged(assessment: Assessment, age_days: int) -> Reason:
    if assessment.last_day == 0:
        return Reason(
            code="moved",
            text="Its address has another holder, at whose server nobody has found anything.",
            text_ja="アドレスの利用者が変わり、現在の利用者のサーバではだれも確認していません。",
            weight=0.0,
            values={},
        )
    return Reason(
        code=AGED,
        text=f"Nobody has found it for {age_days} days: too long for a server of its kind.",
        text_ja=f"{age_days}日間だれも確認していません。この種のサーバとしては長すぎます。",
        weight=0.0,
        values={"age_days": age_days, "last_day": assessment.last_day},
    )
