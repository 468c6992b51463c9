"""
The guards: one function each, from what surrounds a service to the holds it gives rise to.

None looks at a probability, and none changes one.
"""

from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Final, NamedTuple

from hinomi.model.case import ServiceClass
from hinomi.model.context import NetworkKind
from hinomi.model.protocol import Protocol
from hinomi.verify.blocks import block_of
from hinomi.verify.holds import Hold, Lift, Limits, Values, hold
from hinomi.verify.holdwords import KIND_NAMES, LIST_WORDS, WORDS
from hinomi.verify.listkinds import BenignKind, kind_of
from hinomi.verify.prefixes import ListMatch
from hinomi.verify.surroundings import Population, Surroundings

MAIL_PORTS: Final = frozenset({25, 110, 143, 465, 587, 993, 995, 2525, 4190})
"""Relaying, submission (RFC 6409, RFC 8314), reading and filtering of mail."""

_MAIL_LIFTS: Final = {25: (Lift.NOBODY, Lift.NOBODY), 587: (Lift.NOBODY, Lift.EVIDENCE)}
"""Who may lift it, usually and where the clients speak against a mail server."""

RESOLVER_PORTS: Final = frozenset({53, 853})
TIME_PORTS: Final = frozenset({123})
STUN_PORTS: Final = frozenset({3478, 5349, 19302})
WEB_PORTS: Final = frozenset({80, 443, 8080, 8443})
RELAY_PORTS: Final = frozenset({500, 1080, 1194, 1701, 1723, 3128, 4500, 9001, 9030, 51820})

KINDS_OF_SERVICES: Final = (
    ("web", WEB_PORTS),
    ("mail", MAIL_PORTS),
    ("names", RESOLVER_PORTS),
    ("files", frozenset({20, 21, 115, 873, 989, 990, 2049})),
    ("panel", frozenset({2077, 2078, 2082, 2083, 2086, 2087, 2095, 2096, 8880, 10000})),
    ("database", frozenset({1433, 1521, 3306, 5432, 6379, 27017})),
    ("calls", frozenset({3478, 5060, 5061, 5349})),
    ("time", TIME_PORTS),
)
"""Services that one customer's server has few of; a shell is on nearly every server."""

_Z: Final = NormalDist().inv_cdf(0.95)
_HALF: Final = 0.5


class _Rule(NamedTuple):
    """What an entry of a kind of list means."""

    lift: Lift
    suggests: ServiceClass | None = None
    ports: frozenset[int] | None = None  # Where it means that; None: everywhere.
    elsewhere: Lift | None = Lift.REVIEWER  # None: nothing on other ports.


_SHARED: Final = ServiceClass.SHARED

LIST_RULES: Final[dict[BenignKind, _Rule]] = {
    BenignKind.SPECIAL: _Rule(Lift.NOBODY),
    BenignKind.SINKHOLE: _Rule(Lift.NOBODY, ServiceClass.SINKHOLE),
    BenignKind.SCANNER: _Rule(Lift.REVIEWER),
    BenignKind.CRAWLER: _Rule(Lift.REVIEWER),
    BenignKind.RESOLVER: _Rule(Lift.NOBODY, _SHARED, RESOLVER_PORTS),
    BenignKind.TIME: _Rule(Lift.NOBODY, _SHARED, TIME_PORTS),
    BenignKind.STUN: _Rule(Lift.NOBODY, _SHARED, STUN_PORTS),
    BenignKind.MAIL: _Rule(Lift.NOBODY, _SHARED, MAIL_PORTS, Lift.EVIDENCE),
    # Lists of VPN providers hold whole data centres, in which C&Cs are as much at home.
    BenignKind.RELAY: _Rule(Lift.REVIEWER, None, RELAY_PORTS, None),
    BenignKind.CDN: _Rule(Lift.NOBODY, _SHARED),
    BenignKind.HOSTING: _Rule(Lift.NOBODY, _SHARED),
    BenignKind.PARKING: _Rule(Lift.EVIDENCE, _SHARED),
    BenignKind.AUTHORITY: _Rule(Lift.EVIDENCE, _SHARED),
    BenignKind.CLOUD: _Rule(Lift.EVIDENCE),
    BenignKind.VENDOR: _Rule(Lift.NOBODY, _SHARED),
    BenignKind.OTHER: _Rule(Lift.REVIEWER),
}


def wilson(part: int, whole: int) -> tuple[float, float]:
    """
    Give the bounds between which a share lies, each with 95 % certainty.

    Source:
        Wilson (1927), JASA 22:209.
    """
    if whole == 0:
        return 0.0, 1.0
    share = part / whole
    spread = _Z * ((share * (1 - share) + _Z * _Z / (4 * whole)) / whole) ** _HALF
    centre = share + _Z * _Z / (2 * whole)
    scale = 1 + _Z * _Z / whole
    low, high = (centre - spread) / scale, (centre + spread) / scale
    return max(0.0, min(share, low)), min(1.0, max(share, high))  # Rounding must not show.


def speaks_against(population: Population | None, limits: Limits) -> bool:
    """Tell whether so many of the clients are suspects that no innocent service has them."""
    if population is None:
        return False
    return wilson(population.suspects, population.clients)[0] >= limits.contrary_share


def own_network(around: Surroundings, _limits: Limits) -> Iterator[Hold]:
    """Hold a service of the own network: its address is not known here."""
    if around.service.own:
        yield hold(WORDS["own-network"], "own-network", Lift.REIDENTIFICATION, {"bits": 128})


def special_address(around: Surroundings, limits: Limits) -> Iterator[Hold]:
    """Hold an address at which no server of anybody is (RFC 6890)."""
    block = None if around.service.own else block_of(around.service.address)
    if block is None or (block.is_nobodys and limits.made_up_hosts):
        return
    values: Values = {"what": block.en, "what_ja": block.ja, "bits": block.prefix_bits}
    yield hold(WORDS["special-address"], "special-address", Lift.NOBODY, values)


def access_network(around: Surroundings, _limits: Limits) -> Iterator[Hold]:
    """Hold somebody's line: routers and cameras are made C&Cs, and their addresses change hands."""
    if around.address.as_kind is NetworkKind.ACCESS:
        values: Values = {"asn": around.address.origin_as or 0, "port": around.service.port}
        yield hold(WORDS["access-network"], "access-network", Lift.REVIEWER, values)


def listed(around: Surroundings, limits: Limits) -> Iterator[Hold]:
    """Hold what stands on a list of something benign, of sinkholes or of scanners."""
    found: dict[BenignKind, list[ListMatch]] = {}
    for match in around.lists:
        kind = kind_of(match)
        if kind is not None:
            found.setdefault(kind, []).append(match)
    if BenignKind.SPECIAL in found and limits.made_up_hosts:
        block = block_of(around.service.address)
        if block is not None and block.is_nobodys:
            del found[BenignKind.SPECIAL]
    for kind, matches in found.items():
        yield from _on_lists(kind, matches, around, limits)


def _on_lists(
    kind: BenignKind, matches: list[ListMatch], around: Surroundings, limits: Limits
) -> Iterator[Hold]:
    rule, port = LIST_RULES[kind], around.service.port
    lift, suggests = rule.lift, rule.suggests
    if rule.ports is not None and port not in rule.ports:
        if rule.elsewhere is None:
            return
        lift = rule.elsewhere
        suggests = suggests if lift is Lift.EVIDENCE else None
    if kind is BenignKind.SINKHOLE and not any(_is_narrow(each, limits) for each in matches):
        lift = Lift.EVIDENCE  # A wide entry would be a place to hide in.
    names, words = KIND_NAMES[kind], LIST_WORDS[kind]
    values: Values = {
        "lists": len({each.source for each in matches}),
        "what": names.en,
        "what_ja": names.ja,
        "source": "; ".join(sorted({each.name for each in matches})),
        "bits": max(each.bits for each in matches),
        "port": port,
        "methods": limits.lift_methods,
    }
    yield hold(words, f"list-{kind.value}", lift, values, suggests)


def _is_narrow(match: ListMatch, limits: Limits) -> bool:
    return match.bits >= (limits.narrow_v4_bits if match.is_v4 else limits.narrow_v6_bits)


def mail_port(around: Surroundings, limits: Limits) -> Iterator[Hold]:
    """
    Hold what serves mail: malware mails its loot through servers that many share.

    Notes:
        Of 16,000 C&Cs of public lists one was at port 25 and one at port 587, but some
        families are known for ports at which mail is read: there evidence may lift it. A
        relay (port 25) meets hardly anybody but spam bots, so that its clients prove nothing.
    """
    port = around.service.port
    if port not in MAIL_PORTS or around.service.proto != Protocol.TCP:
        return
    contrary = speaks_against(around.population, limits)
    strict, loose = _MAIL_LIFTS.get(port, (Lift.EVIDENCE, Lift.REVIEWER))
    lift = loose if contrary else strict
    values: Values = {"port": port, **_numbers(around.population)}
    yield hold(WORDS["mail-port"], "mail-port", lift, values, ServiceClass.SHARED)


def known_port(around: Surroundings, limits: Limits) -> Iterator[Hold]:
    """Hold what looks like a resolver, a time server or STUN, unless its clients speak against."""
    service = around.service
    for code, ports, protocols in (
        ("resolver-port", RESOLVER_PORTS, (Protocol.UDP, Protocol.TCP)),
        ("time-port", TIME_PORTS, (Protocol.UDP,)),
        ("stun-port", STUN_PORTS, (Protocol.UDP, Protocol.TCP)),
    ):
        fits = service.port in ports and service.proto in protocols
        if fits and not speaks_against(around.population, limits):
            values: Values = {"port": service.port, **_numbers(around.population)}
            yield hold(WORDS[code], code, Lift.REVIEWER, values)


def mail_beside_web(around: Surroundings, _limits: Limits) -> Iterator[Hold]:
    """Hold an address that serves mail and web, as shared hosts do."""
    used = _ports_of(around)
    mail, web = used & MAIL_PORTS, used & WEB_PORTS
    if mail and web:
        values: Values = {"mail": len(mail), "web": len(web), "port": around.service.port}
        words = WORDS["mail-beside-web"]
        yield hold(words, "mail-beside-web", Lift.EVIDENCE, values, ServiceClass.SHARED)


def many_services(around: Surroundings, limits: Limits) -> Iterator[Hold]:
    """Hold an address that serves many things that have nothing to do with each other."""
    used = _ports_of(around)
    kinds = [name for name, ports in KINDS_OF_SERVICES if used & ports]
    if len(kinds) >= limits.many_services:
        values: Values = {
            "kinds": len(kinds),
            "named": ", ".join(kinds),
            "most": limits.many_services,
        }
        words = WORDS["many-services"]
        yield hold(words, "many-services", Lift.EVIDENCE, values, ServiceClass.SHARED)


def many_names(around: Surroundings, limits: Limits) -> Iterator[Hold]:
    """Hold an address that many names lead to."""
    names = around.address.names
    if names is not None and names >= limits.many_names:
        values: Values = {"names": names, "most": limits.many_names}
        words = WORDS["many-names"]
        yield hold(words, "many-names", Lift.EVIDENCE, values, ServiceClass.SHARED)


def popular(around: Surroundings, limits: Limits) -> Iterator[Hold]:
    """
    Hold what a great share of all lines meet; few suspects among them make it a crowd's.

    It acquits nobody: a C&C may hide behind a popular name.
    """
    met = around.population
    if met is None or met.lines < limits.popular_lines:
        return
    share = met.clients / met.lines
    if share < limits.popular_share:
        return
    upper = wilson(met.suspects, met.clients)[1]
    values: Values = {**_numbers(met), "lines": met.lines, "share": share, "upper": upper}
    if upper <= limits.few_suspects_share:
        yield hold(WORDS["crowd"], "crowd", Lift.EVIDENCE, values, ServiceClass.SHARED)
    else:
        yield hold(WORDS["popular"], "popular", Lift.REVIEWER, values)


def unanswered(around: Surroundings, limits: Limits) -> Iterator[Hold]:
    """Hold what hardly anybody really spoke with: forged sources must frame nobody (R15)."""
    met = around.population
    if met is None or met.tried < limits.unanswered_lines:
        return
    if 1.0 - met.clients / met.tried >= limits.unanswered_share:
        values: Values = {"tried": met.tried, **_numbers(met)}
        yield hold(WORDS["unanswered"], "unanswered", Lift.EVIDENCE, values)


GUARDS: Final[tuple[Callable[[Surroundings, Limits], Iterator[Hold]], ...]] = (
    own_network,
    special_address,
    access_network,
    listed,
    mail_port,
    known_port,
    mail_beside_web,
    many_services,
    many_names,
    popular,
    unanswered,
)
"""Every guard but those that read what others say of the service (`claims`)."""


def _numbers(met: Population | None) -> dict[str, float | int | str]:
    if met is None:
        return {"clients": 0, "suspects": 0}
    return {"clients": met.clients, "suspects": met.suspects, "networks": met.networks}


def _ports_of(around: Surroundings) -> frozenset[int]:
    """Give the ports at which the address is known to serve something, its own among them."""
    beside = around.population.beside if around.population is not None else ()
    used = {each.port for each in beside if each.clients > 0}
    return frozenset({around.service.port, *used, *around.address.certificates})
