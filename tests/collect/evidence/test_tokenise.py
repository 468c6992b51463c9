"""Evidence about own addresses."""

from hinomi.collect.evidence.tokenise import tokenise_evidence
from hinomi.model.address import Address, parse_address
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from testimony import TODAY, service

OWN = parse_address("192.0.2.1")
PSEUDONYM = Address(7, 9)


def statement(about: Service) -> Evidence:
    """Say something of a service."""
    return Evidence(
        service=about,
        method=Method.HONEYPOT,
        source="lab",
        claim=Claim.LOADER,
        observed_day=TODAY,
        reference="x",
    )


def test_own_addresses_become_pseudonyms_and_others_stay() -> None:
    """Port and protocol stay, also where the statement is on the whole address."""
    made = [statement(service(*where)) for where in (("192.0.2.1", 80), ("192.0.2.1",))]
    made.append(statement(service("198.51.100.1", 80)))

    found = list(tokenise_evidence(made, lambda address: PSEUDONYM if address == OWN else None))

    assert [each.service for each in found] == [
        Service(PSEUDONYM, 6, 80, own=True),
        Service(PSEUDONYM, -1, -1, own=True),
        service("198.51.100.1", 80),
    ]
    assert {each.reference for each in found} == {"x"}


def test_a_pseudonym_is_not_looked_up_again() -> None:
    """It is no address."""
    own = statement(Service(OWN, 6, 80, own=True))

    assert list(tokenise_evidence([own], lambda _: PSEUDONYM)) == [own]
