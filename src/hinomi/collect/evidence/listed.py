"""
Lists as evidence: any format of `collect/lists`, with what the caller says that it claims.

A list says that somebody holds its entries to be C&C servers (or sinkholes, or harmless); how
it was made is mostly not known. An entry is dated by the day on which the list last saw it,
where it says so, else by the file's day. A port without a protocol is one of TCP. Entries that
name a range are counted and left out: evidence is on one server.
"""

from collections.abc import Iterator
from typing import Final

from hinomi.collect.evidence.fields import whole_address
from hinomi.collect.evidence.intake import A_NAME, Intake, Skip
from hinomi.collect.lists.catalogue import parse_list
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.model.protocol import Protocol
from hinomi.model.service import Service

A_RANGE: Final = "a range, not an address"
CLAIMS: Final = frozenset({Claim.CC, Claim.LOADER, Claim.SINKHOLE, Claim.BENIGN, Claim.SHARED})
"""What a list may claim of all its entries."""

_KINDS: Final = {
    Claim.SINKHOLE: ListKind.SINKHOLES,
    Claim.BENIGN: ListKind.BENIGN,
    Claim.SHARED: ListKind.BENIGN,
}
_ONE_HOST: Final = 128


def recognises(_start: str) -> bool:
    """Tell nothing: a list does not say what it claims, so the caller names the format."""
    return False


def read(intake: Intake) -> Iterator[Evidence]:
    """Yield one statement an entry."""
    told = intake.told
    claim = told.claim or Claim.CC
    parsed = parse_list(
        intake.path, _KINDS.get(claim, ListKind.KNOWN_CC), None, keep_good=told.keep_good
    )
    for reason, count in parsed.ignored.items():
        intake.ignore(A_NAME if reason == "hostname" else reason, count)
    intake.malformed += parsed.malformed
    for entry in parsed.entries:
        with intake.skipping():
            yield _statement(intake, entry, claim)


def _statement(intake: Intake, entry: ListEntry, claim: Claim) -> Evidence:
    if entry.length != _ONE_HOST:
        raise Skip(A_RANGE)
    if entry.role is Role.SINKHOLE and claim is Claim.CC:
        claim = Claim.SINKHOLE  # The list says itself that this entry is none.
    # A list may state until when an entry holds: nobody has seen it on a day to come.
    last = entry.last_listed_ms
    day = intake.told.day if last is None else min(intake.told.day, last // DAY_MS)
    service = whole_address(entry.base)
    if entry.port is not None:
        proto = int(Protocol.TCP) if entry.proto is None else entry.proto
        service = Service(entry.base, proto, entry.port)
    method = intake.told.method or Method.LIST
    return intake.evidence(service, claim, method, day)
