"""What each source of evidence is worth, and which sources are one."""

from dataclasses import dataclass

from hinomi.model.evidence import Method
from hinomi.model.listed import ListKind
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.weighing import Assessor
from hinomi.store.casebook import CaseBook
from hinomi.store.caseevidence import SourcePair
from hinomi.verify.copying import Copying
from hinomi.verify.independence import independence
from hinomi.verify.reliability import Reliability


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One source."""

    name: str
    method: Method
    reliability: Reliability
    statements: int
    kin: dict[str, str]  # What it is to other sources, as their histories show.


def sources_of(home: Home) -> tuple[Judged, ...]:
    """
    Give every source that ever said anything, or that somebody described, by name.

    Raises:
        NotPermitted: If no mandate permits it.
    """
    mandate = home.mandate(Operation.SHOW_CASES)
    with home.casebook() as casebook:
        methods, counts = _methods(casebook)
        reliability = Assessor(home, casebook).judge(methods)
        pairs = casebook.evidence.pairs()
    record(home.journal(), Operation.SHOW_CASES, mandate, {"act": "sources"})
    return tuple(
        Judged(
            name=name,
            method=methods[name],
            reliability=reliability[name],
            statements=counts.get(name, 0),
            kin={
                (each.other if each.one == name else each.one): each.kinship
                for each in pairs
                if name in {each.one, each.other}
            },
        )
        for name in sorted(methods)
    )


def learn_kinship(home: Home) -> tuple[SourcePair, ...]:
    """
    Ask the histories of lists anew which of them are copies, and keep what they show.

    Raises:
        NotPermitted: If no mandate permits it.
    """
    mandate = home.mandate(Operation.EVIDENCE)
    copying = Copying.from_register(home.register)
    with home.casebook() as casebook:
        histories = casebook.listed.histories(ListKind.KNOWN_CC)
        found = independence(
            dict.fromkeys(histories, Method.LIST),
            histories,
            wrong=casebook.listed.rejected(),
            copying=copying,
        )
        pairs = tuple(
            SourcePair(
                one=each.one,
                other=each.other,
                kinship=each.kinship.value,
                copied=max(each.copied(each.one), each.copied(each.other)),
                told=[list(sentence) for sentence in each.explain()],
            )
            for each in found.pairs
        )
        facts: dict[str, object] = {
            "act": "learn kinship",
            "lists": len(histories),
            "copies": sum(each.kinship == "copy" for each in pairs),
            "register": home.register.version,
        }
        record(home.journal(), Operation.EVIDENCE, mandate, facts)
        casebook.evidence.put_pairs(pairs, home.clock())
    return pairs


def _methods(casebook: CaseBook) -> tuple[dict[str, Method], dict[str, int]]:
    """Give the method of every source, and how many statements each has made."""
    methods: dict[str, Method] = {}
    counts: dict[str, int] = {}
    for kind in (ListKind.KNOWN_CC, ListKind.SINKHOLES):
        for each in casebook.lists.show(kind):
            methods[each.source] = Method.LIST
            counts[each.source] = counts.get(each.source, 0) + each.entries
    for (name, method), count in casebook.evidence.count().items():
        if method is not Method.FLOW:
            methods[name] = method
            counts[name] = counts.get(name, 0) + count
    said = casebook.evidence.sources()
    return methods | {name: each.method for name, each in said.items()}, counts
