"""
A file of findings, read: every row is one of which this house may speak to the hub.

A server in the own network is on somebody's line. It goes by its plain address only where two
people and a privacy officer let it out, as a case that is listed; a file does not go past them.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from hinomi.errors import MalformedDocument, NotFound
from hinomi.govern.mandate import Mandate
from hinomi.model.listing import epoch_of
from hinomi.model.statement import Endpoint, Statement
from hinomi.services.home import Home
from hinomi.services.listings import require_journalled
from hinomi.services.mandates import Operation
from hinomi.services.ownership import own_matcher_of
from hinomi.share.submission import Profile, parse_submission_lines
from hinomi.store.casebook import CaseBook
from hinomi.verify.blocks import block_of

_MOST_BYTES: Final = 64 << 20


def read_findings(home: Home, mandate: Mandate, path: Path) -> tuple[Statement, ...]:
    """
    Read the findings of a CSV file, in the order of their servers.

    Raises:
        NotFound: If it cannot be read.
        MalformedDocument: If it is not of the schema, or a row names what may not be named; the
            line is told, and the address is not.
        NotPermitted: If an own server is listed past the journal.
    """
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}; name a CSV file of findings") from error
    if len(body) > _MOST_BYTES:
        raise MalformedDocument(f"is longer than {_MOST_BYTES:,} bytes", str(path))
    found = parse_submission_lines(body, Profile.from_register(home.register), path=str(path))
    by_line = sorted((line, said.endpoint) for said, line in found)
    refused = first_refused(home, mandate, (endpoint for _, endpoint in by_line))
    if refused is not None:
        place, reason = refused
        raise MalformedDocument(reason, str(path), by_line[place][0])
    return tuple(said for said, _ in found)


def first_refused(
    home: Home, mandate: Mandate, servers: Iterable[Endpoint]
) -> tuple[int, str] | None:
    """
    Give the place of the first of *servers* that may not be named to the hub, and why not.

    Raises:
        NotPermitted: If an own server is listed past the journal.
    """
    with home.casebook() as casebook:
        is_own = _own(home, casebook)
        let_out = _let_out(home, casebook)
    for place, each in enumerate(servers):
        if is_own(each):
            if each not in let_out:
                return place, (
                    "is a server in the own network: it goes to the hub only as a case that is "
                    "listed, after two people and a privacy officer let it out (`hinomi case "
                    "reveal`)"
                )
            require_journalled(home, Operation.SUBMIT, mandate)
        elif (block := block_of(each.address)) is not None and not block.is_nobodys:
            return place, f"no server of anybody can be at this address: {block.en} (RFC 6890)"
    return None


def _own(home: Home, casebook: CaseBook) -> Callable[[Endpoint], bool]:
    match = own_matcher_of(home, casebook)
    return lambda server: match(server.address) is not None


def _let_out(home: Home, casebook: CaseBook) -> frozenset[Endpoint]:
    """Give the own servers that are listed now: a privacy officer gave leave to name each."""
    epoch = epoch_of(home.clock(), home.register.integer("share.epoch_days"))
    return frozenset(
        Endpoint(each.listing.address, each.listing.proto, each.listing.port)
        for each in casebook.listings.published(epoch)
        if casebook.cases.get(each.case_id).service.own
    )
