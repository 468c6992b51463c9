"""
Evidence about addresses inside the own networks is about lines: it names their pseudonyms.

What a source says of an own address is kept like what flow says of it: under the line's
pseudonym, never in plain, whatever the source.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hinomi.collect.lists.tokenise import MatchOwn
from hinomi.model.evidence import Evidence
from hinomi.model.service import Service


def tokenise_evidence(statements: Iterable[Evidence], match_own: MatchOwn) -> Iterator[Evidence]:
    """
    Put pseudonyms in the place of own addresses.

    Args:
        statements: As a file holds them, in plain.
        match_own: Gives a line's pseudonym for an address inside the own networks, None for
            others. Of an address that lines share by port it sees the address alone.
    """
    for each in statements:
        service = each.service
        pseudonym = None if service.own else match_own(service.address)
        if pseudonym is None:
            yield each
        else:
            own = Service(pseudonym, service.proto, service.port, own=True)
            yield replace(each, service=own)
