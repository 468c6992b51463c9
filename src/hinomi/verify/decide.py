"""
What is still missing before a case may go on, and the reasons for where it stands.

People decide; this tells what they may decide, and why not. No rule here lets anything out by
itself: two people do, on evidence of independent methods.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hinomi.model.case import Case, CaseState, Finding, ServiceClass, Step, Verdict
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Reason
from hinomi.verify.corroborate import Part, Rules, Weighing
from hinomi.verify.holds import Hold, Lift

DETECTED: Final = "detected"
"""Code of the reason that keeps what detection gave."""

_METHODS: Final = {
    Method.FLOW: ("the own network's flow", "自社のフロー情報"),
    Method.HONEYPOT: ("a honeypot", "ハニーポット"),
    Method.MALWARE: ("malware analysis", "マルウェア解析"),
    Method.DARKNET: ("a darknet", "ダークネット観測"),
    Method.LIST: ("a list", "リスト"),
    Method.PASSIVE_DNS: ("passive DNS", "パッシブDNS"),
    Method.CERTIFICATE: ("certificates", "証明書"),
    Method.SIGHTING: ("another provider's sighting", "他事業者の観測"),
    Method.ANALYST: ("an analyst's finding", "分析担当者の調査"),
}

_CLAIMS: Final = {
    Claim.CC: ("is a C&C server", "C&Cサーバである"),
    Claim.LOADER: ("hands out malware", "マルウェアを配布している"),
    Claim.SINKHOLE: ("is a sinkhole", "シンクホールである"),
    Claim.SHARED: ("is a shared host", "共用サーバである"),
    Claim.COMPROMISED: ("is a compromised host", "侵害されたサーバである"),
    Claim.BENIGN: ("is no C&C server", "C&Cサーバではない"),
    Claim.GONE: ("is gone", "もう存在しない"),
    Claim.MOVED: ("has another holder now", "別の利用者に移った"),
    Claim.SUPPORT: ("has a trait of C&C servers", "C&Cサーバに多い特徴がある"),
}

_CLASSES: Final = {
    ServiceClass.UNKNOWN: ("a server of unknown kind", "種別が不明なサーバ"),
    ServiceClass.DEDICATED: ("a dedicated server", "専用サーバ"),
    ServiceClass.COMPROMISED: ("a compromised host", "侵害されたサーバ"),
    ServiceClass.SHARED: ("a shared host", "共用サーバ"),
    ServiceClass.SINKHOLE: ("a sinkhole", "シンクホール"),
    ServiceClass.LOADER: ("a loader", "マルウェア配布サーバ"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A case with all that bears on what may become of it."""

    case: Case
    weighing: Weighing
    holds: tuple[Hold, ...]
    verdicts: tuple[Verdict, ...]  # Of this episode, oldest first.

    @property
    def lifted(self) -> frozenset[str]:
        """Codes of holds that somebody lifts who is not who said first that it is one."""
        first = next((each.by for each in self.verdicts if each.finding is Finding.CC), None)
        return frozenset(code for each in self.verdicts if each.by != first for code in each.lifted)

    @property
    def analysts(self) -> frozenset[str]:
        """Who says that it is a C&C server: the last word of each counts."""
        last = {each.by: each.finding for each in self.verdicts}
        return frozenset(person for person, finding in last.items() if finding is Finding.CC)


def missing_evidence(weighing: Weighing, rules: Rules) -> tuple[Reason, ...]:
    """
    Tell what evidence lacks before a service can count as corroborated; empty: nothing.

    That time went by since the last finding makes nobody less guilty: it counts in how many
    methods still hold, and in expiry.
    """
    found = []
    if weighing.methods < rules.least_methods:
        found.append(
            _lack(
                "too-few-methods",
                f"Independent methods that found it and still hold: {weighing.methods}; needed: "
                f"{rules.least_methods}.",
                f"独立した方法による確認は{weighing.methods}件です。"
                f"{rules.least_methods}件が必要です。",
                {"methods": weighing.methods, "needed": rules.least_methods},
            )
        )
    if weighing.agreed < rules.listable_probability:
        found.append(
            _lack(
                "too-unlikely",
                f"All evidence comes to {_down(weighing.agreed):.2f}; needed: "
                f"{rules.listable_probability:.2f}.",
                f"すべての証拠を合わせた確からしさは{_down(weighing.agreed):.2f}です。"
                f"{rules.listable_probability:.2f}が必要です。",
                {"posterior": _rounded(weighing.agreed), "needed": rules.listable_probability},
            )
        )
    elif weighing.posterior < rules.present_limit:
        found.append(
            _lack(
                "too-old",
                f"That it is still there is likely to {weighing.posterior:.2f} only; needed: "
                f"{rules.present_limit:.2f}.",
                f"今も存在する確からしさは{weighing.posterior:.2f}です。"
                f"{rules.present_limit:.2f}が必要です。",
                {"posterior": _rounded(weighing.posterior), "needed": rules.present_limit},
            )
        )
    return tuple(found)


def missing_to_clear(
    standing: Standing, rules: Rules, service_class: ServiceClass, lifted: Collection[str] = ()
) -> tuple[Reason, ...]:
    """
    Tell what a case lacks before it can be listable, but for the person who clears it.

    Args:
        standing: Where it stands.
        rules: When evidence agrees.
        service_class: What it is held to be.
        lifted: Codes of holds that the verdict in hand lifts as well.
    """
    found = list(missing_evidence(standing.weighing, rules))
    if not service_class.is_listable:
        found.append(not_listable(service_class))
    gone = standing.lifted | set(lifted)
    found += [_held(each) for each in standing.holds if is_holding(each, gone)]
    return tuple(found)


def is_holding(held: Hold, lifted: Collection[str]) -> bool:
    """Tell whether a hold stands in the way; own services have a door of their own later."""
    return held.code not in lifted and held.lift is not Lift.REIDENTIFICATION


def not_listable(service_class: ServiceClass) -> Reason:
    """Say that a server of this class is not listed, and why."""
    en, ja = _CLASSES[service_class]
    return _lack(
        "class",
        f"It is {en}, not listable: only dedicated servers and compromised hosts are listed.",
        f"{ja}のため、リストに載せられません。載せるのは専用サーバと侵害されたサーバだけです。",
        {"class": service_class.value},
    )


def same_person(person: str) -> Reason:
    """Say that who alone said that it is a C&C server does not review that."""
    return _lack(
        "same-person",
        f"{person} has said so already: a reviewer who is somebody else decides.",
        f"{person}はすでに判断しています。別の確認者が判断します。",
        {"person": person},
    )


def next_step(
    standing: Standing, verdict: Verdict, rules: Rules, *, reviews: bool
) -> tuple[Step, tuple[Reason, ...]]:
    """
    Tell which step a person's verdict takes, and what else it would have taken to go further.

    Args:
        standing: Where the case stands; its verdicts are those before this one.
        verdict: What the person says.
        rules: When evidence agrees.
        reviews: Whether the person is a reviewer.

    Returns:
        The step, `Step.WEIGH` where the verdict is only written down, and what is missing.
    """
    state = standing.case.state
    decided = state in {CaseState.CORROBORATED, CaseState.LISTABLE}
    cannot_list = _is_unlistable(verdict)
    if state is CaseState.LISTED or verdict.finding is Finding.UNSURE:
        return Step.WEIGH, ()
    if verdict.finding is Finding.NOT_CC or cannot_list:
        why = (not_listable(verdict.service_class),) if cannot_list else ()
        return (Step.WEIGH if decided and not reviews else Step.REJECT), why
    if state in {CaseState.CANDIDATE, CaseState.UNDER_REVIEW}:
        lacks = missing_evidence(standing.weighing, rules)
        return (Step.WEIGH if lacks else Step.CORROBORATE), lacks
    if state is not CaseState.CORROBORATED:
        return Step.WEIGH, ()
    lacks = missing_to_clear(standing, rules, verdict.service_class, verdict.lifted)
    if standing.verdicts and standing.analysts <= {verdict.by}:
        lacks = (*lacks, same_person(verdict.by))
    elif not reviews:
        lacks = (*lacks, _not_a_reviewer(verdict.by))
    return (Step.WEIGH if lacks else Step.CLEAR), lacks


def contradicts(verdicts: Sequence[Verdict]) -> bool:
    """Tell whether the last of *verdicts* says that the server should not be listed."""
    said = [each for each in verdicts if each.finding is not Finding.UNSURE]
    return bool(said) and (said[-1].finding is Finding.NOT_CC or _is_unlistable(said[-1]))


def _is_unlistable(verdict: Verdict) -> bool:
    said = verdict.service_class
    is_server = verdict.finding is Finding.CC
    return is_server and not said.is_listable and said is not ServiceClass.UNKNOWN


def falls_back(standing: Standing, rules: Rules) -> tuple[Reason, ...]:
    """Tell why a corroborated or listable case no longer is; empty: it still is."""
    return missing_evidence(standing.weighing, rules)


def reasons_of(weighing: Weighing, holds: Iterable[Hold] = ()) -> tuple[Reason, ...]:
    """Tell what speaks for and against, heaviest first, and what holds a release."""
    return (*map(_reason, weighing.parts), *map(_held, holds))


def detected(evidence: Evidence) -> Reason:
    """Tell what detection gave a service when its case was opened: its accuracy is held to that."""
    said = float(evidence.facts.get("probability", evidence.strength or 0.0))
    return Reason(
        code=DETECTED,
        text=f"Detection gave it {said:.2f} when the case was opened.",
        text_ja=f"検知時の確からしさは{said:.2f}でした。",
        weight=0.0,
        values={
            name: evidence.facts[name]
            for name in ("probability", "prior", "terms", "shift", "slope")
            if name in evidence.facts
        },
    )


def source_words(evidence: Evidence) -> tuple[str, str]:
    """Say in English and Japanese what one statement says, and who says it."""
    method, claim = _METHODS[evidence.method], _CLAIMS[evidence.claim]
    who = "" if evidence.method is Method.FLOW else f" ({evidence.source})"
    return f"{method[0]}{who}: it {claim[0]}", f"{method[1]}{who}: {claim[1]}"


def list_codes(holds: Sequence[Hold]) -> tuple[str, ...]:
    """Give the codes of holds as a case keeps them."""
    return tuple(each.code for each in holds)


def _reason(part: Part) -> Reason:
    english, japanese = source_words(part.evidence)
    worth = f"{part.reliability:.2f}"
    return Reason(
        code=f"{part.evidence.method}-{part.evidence.claim}",
        text=f"{english}, {part.age_days} days ago, reliability {worth}.",
        text_ja=f"{japanese}({part.age_days}日前、信頼度{worth})。",
        weight=_rounded(part.weight),
        values={
            "method": part.evidence.method.value,
            "claim": part.evidence.claim.value,
            "age_days": part.age_days,
            "reliability": _rounded(part.reliability),
        },
    )


def _held(held: Hold) -> Reason:
    return Reason(
        code=held.code,
        text=held.text,
        text_ja=held.text_ja,
        weight=0.0,
        values=dict(held.values),
    )


def _not_a_reviewer(person: str) -> Reason:
    return _lack(
        "no-reviewer",
        f"{person} is no reviewer: a reviewer decides what is listable.",
        f"{person}は確認者ではありません。リストに載せられるかは確認者が判断します。",
        {"person": person},
    )


def _lack(code: str, text: str, text_ja: str, values: dict[str, float | int | str]) -> Reason:
    return Reason(code=code, text=text, text_ja=text_ja, weight=0.0, values=values)


def _down(value: float) -> float:
    """Round down to two digits: what does not reach a limit is not shown as if it did."""
    return math.floor(value * 100.0) / 100.0


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
