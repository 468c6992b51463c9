"""What the objects of a STIX bundle say of one another: which address is held to be what."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from hinomi.collect.lists.fields import find_role
from hinomi.model.evidence import Claim
from hinomi.model.listed import Role

Object = dict[str, Any]

_TYPES: Final = {
    "command-and-control": Claim.CC,
    "hosting-malware": Claim.LOADER,
    "botnet": Claim.SUPPORT,  # "The membership/makeup of a botnet": its infected hosts.
    "benign": Claim.BENIGN,
    "compromised": Claim.COMPROMISED,
    "malicious-activity": Claim.SUPPORT,
}
_OF_SOURCE: Final = {"controls": Claim.CC, "hosts": Claim.LOADER, "delivers": Claim.LOADER}
"""What it makes of infrastructure to be at the source of such a relationship to malware."""

_OF_TARGET: Final = {
    "beacons-to": Claim.CC,
    "exfiltrates-to": Claim.SUPPORT,
    "communicates-with": Claim.SUPPORT,
}
"""What it makes of infrastructure or an address that malware has such a relationship to."""

_STRENGTH: Final = (
    Claim.SINKHOLE,
    Claim.BENIGN,
    Claim.CC,
    Claim.LOADER,
    Claim.COMPROMISED,
    Claim.SUPPORT,
)
"""Which claim stands where a bundle says several things of one object."""

_FAMILIES: Final = ("malware", "tool", "campaign", "intrusion-set", "threat-actor")


@dataclass(slots=True)
class Links:
    """The objects of a bundle by id, and what is claimed of those that others speak of."""

    objects: dict[str, Object] = field(default_factory=dict)
    claims: dict[str, tuple[Claim, Object]] = field(default_factory=dict)
    """By id: the claim, and the object that makes it."""

    indicated: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    related: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    observed: set[str] = field(default_factory=set)

    def claim(self, name: str, claim: Claim, source: Object) -> None:
        """Note that *source* makes *claim* of the object called *name*; the stronger stays."""
        before = self.claims.get(name)
        if before is None or _STRENGTH.index(claim) < _STRENGTH.index(before[0]):
            self.claims[name] = (claim, source)

    def claim_of_indicator(self, indicator: Object) -> Claim | None:
        """Give what an indicator claims: by what it indicates, else by its own words."""
        found = [claim for claim in (_own_claim(indicator),) if claim is not None]
        for name in self.indicated[str(indicator.get("id"))]:
            target = self.objects.get(name, {})
            if target.get("type") == "infrastructure" and name in self.claims:
                found.append(self.claims[name][0])
            elif target.get("type") in _FAMILIES:
                found.append(Claim.SUPPORT)
        return min(found, key=_STRENGTH.index, default=None)

    def family_of(self, source: Object) -> str:
        """Name the malware that *source* is related to, blank where none is."""
        name = str(source.get("id"))
        targets = [self.objects.get(each, {}) for each in self.indicated[name] + self.related[name]]
        for kind in _FAMILIES:
            for target in targets:
                if target.get("type") == kind:
                    return str(target.get("name", ""))
        return ""


def link(objects: list[Object]) -> Links:
    """Read the relationships of *objects*, whatever their order."""
    links = Links(objects={str(found.get("id")): found for found in objects})
    relations = [found for found in objects if found.get("type") == "relationship"]
    for found in objects:
        if found.get("type") == "observed-data":
            links.observed.update(words(found, "object_refs"))
        if found.get("type") == "infrastructure":
            claim = _own_claim(found)
            if claim is not None:
                links.claim(str(found.get("id")), claim, found)
    for relation in relations:
        _relate(relation, links)
    # Infrastructure first, then what it consists of: a part is what the whole is.
    for relation in relations:
        if relation.get("relationship_type") == "consists-of":
            whole = links.claims.get(str(relation.get("source_ref")))
            if whole is not None:
                links.claim(str(relation.get("target_ref")), *whole)
    _settle_traffic(links)
    return links


def words(found: Object, name: str) -> list[str]:
    """Give the texts of a list property; nothing where it is none."""
    value = found.get(name)
    return [str(word) for word in value] if isinstance(value, list) else []


def _relate(relation: Object, links: Links) -> None:
    kind = str(relation.get("relationship_type"))
    source, target = str(relation.get("source_ref")), str(relation.get("target_ref"))
    source_type = links.objects.get(source, {}).get("type")
    target_type = links.objects.get(target, {}).get("type")
    if kind == "indicates":
        links.indicated[source].append(target)
    if source_type == "infrastructure" and target_type == "malware":
        links.related[source].append(target)
        if kind in _OF_SOURCE:
            links.claim(source, _OF_SOURCE[kind], links.objects[source])
    if source_type == "malware":
        links.related[target].append(source)
        links.related[str(relation.get("id"))].append(source)
        if kind in _OF_TARGET and target in links.objects:
            is_part = target_type != "infrastructure"
            links.claim(target, _OF_TARGET[kind], relation if is_part else links.objects[target])


def _settle_traffic(links: Links) -> None:
    """Say of an address no more than of the traffic to it, which also names the port."""
    for name, found in links.objects.items():
        if found.get("type") != "network-traffic" or name not in links.claims:
            continue
        address = links.claims.get(str(found.get("dst_ref")))
        if address is not None and address[0] is links.claims[name][0]:
            del links.claims[str(found.get("dst_ref"))]


def _own_claim(found: Object) -> Claim | None:
    """Give what an indicator or infrastructure says of itself by types, labels and phases."""
    types = [
        each.strip().lower()
        for name in ("infrastructure_types", "indicator_types", "labels")
        for each in words(found, name)
    ]
    phases = found.get("kill_chain_phases")
    types.extend(
        str(phase.get("phase_name")).lower()
        for phase in (phases if isinstance(phases, list) else [])
        if isinstance(phase, dict)
    )
    role = find_role(types)
    claims = [_TYPES[each] for each in types if each in _TYPES]
    if role is Role.SINKHOLE:
        claims.append(Claim.SINKHOLE)
    elif role is not Role.UNKNOWN:
        claims.append(Claim.CC)
    return min(claims, key=_STRENGTH.index, default=None)
