"""The reference of cases: its tables rendered from the code that goes by them."""

from collections.abc import Iterable, Mapping
from typing import Final

import click

from hinomi.govern.parameters import default_register
from hinomi.govern.roles import table
from hinomi.model.case import CLOSED, TRANSITIONS, CaseState, ServiceClass, Step
from hinomi.model.evidence import Claim, Method

Said = tuple[str, str]

_HEAD: Final = """\
# Cases

Generated from the code by `python -m hinomi.cli.casesreference`; a test checks that this page is
up to date. What a day with cases is like: [Decide a case](../howto/decide-a-case.md). Why it is
so: [From candidate to listing](../explanation/from-candidate-to-listing.md).

A case is about one service, and there is one case a service. People decide with `hinomi case
decide`, `reject`, `approve` and `withdraw`; runs (`hinomi detect`, `hinomi case recheck`, evidence
that comes in) can only open, weigh, take back and ask for a person. Every change is a line of the
case's history, with the version of the register and the number of the journal's entry.
"""

_STATES: Final = {
    CaseState.CANDIDATE: "found; nobody has looked at it",
    CaseState.UNDER_REVIEW: "somebody has given a verdict, and something is missing",
    CaseState.CORROBORATED: "independent methods agree, and so does one person",
    CaseState.LISTABLE: ("so does a reviewer who is somebody else, and nothing holds it"),
    CaseState.LISTED: (
        "another person approved its publication: it leaves with `hinomi listings export`"
    ),
    CaseState.EXPIRED: "its evidence has aged",
    CaseState.WITHDRAWN: "it was listed and should not be any more",
    CaseState.REJECTED: "it is no C&C server, or none that may be listed",
}

_STEPS: Final = {
    Step.OPEN: (
        "a run finds it at `verify.open_probability` or above, or evidence of enough "
        "methods agrees on it"
    ),
    Step.WEIGH: ("evidence came or aged; or a verdict that moves nothing is written down"),
    Step.TAKE: "the first verdict that does not reject it",
    Step.CORROBORATE: "finding `cc`; no `too-few-methods`, `too-unlikely`, `too-old`",
    Step.FALL_BACK: (
        "`too-few-methods`, `too-unlikely` or `too-old`: what it stood on is gone, aged or "
        "contradicted"
    ),
    Step.CLEAR: (
        "finding `cc` of a reviewer; none of the codes [below](#what-is-missing). It "
        "asks for the publication"
    ),
    Step.LIST: (
        "`hinomi case approve` by somebody who did not ask; all is weighed once more "
        "and must still suffice"
    ),
    Step.EXPIRE: (
        "nobody has found it for longer than servers of its kind stay (`expiry.*`); or it is "
        "probably gone, as sources say; or its listing ran out while something held it"
    ),
    Step.WITHDRAW: ("`hinomi case withdraw`, with a reason: one person suffices"),
    Step.REJECT: "finding `not-cc`, or `cc` of a class that is not listed",
    Step.RENEW: "half of its listing's lease is over, and nothing holds it",
    Step.RETURN: (
        "an expired server is found again; a rejected or withdrawn one by another "
        "method than the own flow, and the evidence suffices. A new episode: earlier "
        "verdicts and leave count no more"
    ),
}

_CLASSES: Final = {
    ServiceClass.UNKNOWN: "nobody has said yet",
    ServiceClass.DEDICATED: "the server serves its botnet alone",
    ServiceClass.COMPROMISED: "somebody's server, abused",
    ServiceClass.SHARED: "many customers behind one address: listing it would hurt them",
    ServiceClass.SINKHOLE: "held by defenders",
    ServiceClass.LOADER: "hands out malware and commands nobody",
}

_METHODS: Final = {
    Method.FLOW: ("detection in the own network", "yes"),
    Method.HONEYPOT: ("what an intruder or its malware did with a trap", "yes"),
    Method.MALWARE: ("samples that were run or read", "yes"),
    Method.DARKNET: ("packets into addresses where nobody is", "yes"),
    Method.LIST: ("somebody's list; how it was made is not known", "yes"),
    Method.PASSIVE_DNS: ("which names led to an address", "no: traits of an address"),
    Method.CERTIFICATE: ("others' scans, and certificates in them", "no: traits of an address"),
    Method.SIGHTING: ("another provider's statement about its own network", "yes"),
    Method.ANALYST: (("a person's own research, such as a server that was seized"), "yes"),
}

_CLAIMS: Final = {
    Claim.CC: ("it is a C&C server", "for"),
    Claim.LOADER: ("it hands out malware", "against, and holds"),
    Claim.SINKHOLE: ("defenders hold it", "against, and holds"),
    Claim.SHARED: ("many customers share the address", "against, and holds"),
    Claim.COMPROMISED: ("it is somebody's server, abused by a C&C", "for"),
    Claim.BENIGN: ("it is no C&C server", "against, and holds"),
    Claim.GONE: ("it was one and is not any more", "that it is over, and holds"),
    Claim.MOVED: (
        "the address has another holder now",
        ("that it is over, and holds; what was found before counts for nothing"),
    ),
    Claim.SUPPORT: (
        "it has a trait that C&C servers have more often",
        ("for, little: `verify.support_most` for all traits together"),
    ),
}

_MISSING: Final = (
    (
        "too-few-methods",
        "fewer independent methods than `verify.least_methods` found it",
        "more evidence",
    ),
    (
        "too-unlikely",
        "all evidence comes to less than `verify.listable_probability`",
        "more evidence, or better",
    ),
    (
        "too-old",
        "that it is still there is likely to less than `expiry.limit`",
        "somebody who finds it again",
    ),
    ("class", "its class is unknown, or one that is not listed", "`--class`, if it is true"),
    ("same-person", "who says so said so before", "a reviewer who is somebody else"),
    ("no-reviewer", "who says so is no reviewer", "a reviewer"),
    (
        "a hold's code",
        "a guard holds it",
        ("see [Guards](guards.md): `--lift CODE` by a reviewer who was not the first to say `cc`"),
    ),
)

_COUNTS: Final = """\
## What counts as independent

- A source counts once for each side, however often it says the same. Of its statements on one
  subject the newest counts.
- Sources that are [copies of one another](independence.md), that nobody has shown to be two, or
  that were said to be of one family (`hinomi case evidence source --family`), count as one source.
- Several sources of one method are one method. The second one weighs `verify.same_method_share` of
  what it would alone.
- A statement is a finding if it says C&C (or compromised host), by a method that can find one, and
  is right with `verify.least_reliability` or more. One that is more than `expiry.most_days` older
  than the newest counts for no method: the address may have had another holder.
- Whether it was a C&C server and whether it is still there are two questions: the first is told by
  what all evidence comes to, the second by how long ago it was found. Days on which this home saw
  nothing at all do not age anything.
- The own flow is heard without the lists of known C&C servers that detection was given: what a
  list said counts once, as a list.
- An address without a port weighs `verify.address_share`.
- Nobody is asked about a server, and no server is contacted (R19): evidence is what was brought.
"""

_ACTS: Final = {
    "case": "run `hinomi case recheck`",
    "case show": "read cases",
    "case evidence": "bring evidence, say what a source is",
    "case decide": "note, give a verdict, reject",
    "case reveal": "ask to name a server of the own network",
    "case approve": "approve a publication that somebody else asked for",
    "case withdraw": "take a server off the list",
    "listings show": "read the listings",
    "listings export": "hand the listings to the certified body",
    "accuracy": "read how often hinomi is right; propose a correction",
    "accuracy seed": "put cases in that measure the reviewers",
}

_PARAMETERS: Final = (
    "verify.",
    "share.",
    "expiry.",
    "retention.cases",
    "retention.own_cases",
    "retention.evidence",
)


def render_cases() -> str:
    """Render the page."""
    sections = (
        ("States", _table(("state", "", "means"), _states())),
        ("Steps", _table(("from", "step", "to", "who", "when"), _steps())),
        ("What is missing", _table(("code", "says", "what helps"), _coded(_MISSING))),
        ("Classes", _table(("class", "listed", "means"), _classes())),
        ("Claims", _table(("claim", "says", "speaks"), _named(_CLAIMS))),
        ("Methods", _table(("method", "knows by", "can find a C&C server"), _named(_METHODS))),
    )
    parts = [_HEAD, *(f"## {title}\n\n{body}" for title, body in sections), _COUNTS]
    parts.append("## Who may\n\n" + _table(("role", "may"), _roles()))
    parts.append("## Parameters, as they ship\n\n" + _table(("parameter", "value", "unit"), _set()))
    return "\n".join(parts)


def _states() -> list[tuple[str, ...]]:
    return [
        (f"`{each}`", "closed" if each in CLOSED else "open", _STATES[each]) for each in CaseState
    ]


def _steps() -> list[tuple[str, ...]]:
    """Write every transition, what a step needs beside the first of its kind."""
    told: set[Step] = set()
    rows: list[tuple[str, ...]] = []
    for each in TRANSITIONS:
        before = "" if each.before is None else f"`{each.before}`"
        needs = "as above" if each.step in told else _STEPS[each.step]
        told.add(each.step)
        rows.append((before, f"`{each.step}`", f"`{each.after}`", each.by, needs))
    return rows


def _classes() -> list[tuple[str, ...]]:
    return [
        (f"`{each}`", "yes" if each.is_listable else "no", _CLASSES[each]) for each in ServiceClass
    ]


def _coded(rows: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [(first if " " in first else f"`{first}`", *rest) for first, *rest in rows]


def _named(words: Mapping[Claim, Said] | Mapping[Method, Said]) -> list[tuple[str, ...]]:
    return [(f"`{name}`", *said) for name, said in words.items()]


def _roles() -> list[tuple[str, ...]]:
    roles = table()
    rows: list[tuple[str, ...]] = []
    for role in roles.roles:
        may = [words for act, words in _ACTS.items() if role in roles.acts[act]]
        rows.append((role.value, "; ".join(may) or "nothing here"))
    return rows


def _set() -> list[tuple[str, ...]]:
    parameters = default_register().parameters
    return [
        (f"`{name}`", str(each.value), each.unit)
        for name, each in sorted(parameters.items())
        if name.startswith(_PARAMETERS)
    ]


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "".join(f"| {' | '.join(each)} |\n" for each in lines)


if __name__ == "__main__":
    click.echo(render_cases(), nl=False)
