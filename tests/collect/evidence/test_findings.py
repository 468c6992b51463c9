"""Findings of analysts."""

from pathlib import Path

import pytest

from hinomi.collect.evidence.findings import recognises
from hinomi.errors import MalformedDocument
from hinomi.model.evidence import Claim, Method
from testimony import parsed, rendered, stated

HEADER = "address,protocol,port,claim,note,seen\n"


def test_the_format_is_told_by_its_header() -> None:
    """By the claim."""
    assert recognises(HEADER)
    assert not recognises("address,protocol,port,says\n")


@pytest.mark.parametrize("claim", list(Claim))
def test_an_analyst_may_claim_anything(tmp_path: Path, claim: Claim) -> None:
    """By the names that evidence has for it."""
    found = stated(tmp_path, f"{HEADER}192.0.2.1,tcp,443,{claim},,2026-01-31\n", "findings")

    assert rendered(found) == [f"{claim} 192.0.2.1 tcp/443 -1"]
    assert found[0].method is Method.ANALYST


def test_a_note_keeps_no_name_and_no_address(tmp_path: Path) -> None:
    """Not even those that the server has (R16)."""
    note = '"seized, was host.example at 192.0.2.1"'

    found = stated(tmp_path, f"{HEADER}192.0.2.1,tcp,443,gone,{note},\n", "findings")

    assert found[0].facts == {"note": "seized, was [name] at [address]"}


def test_an_unknown_claim_is_a_bad_line(tmp_path: Path) -> None:
    """The message says which there are."""
    with pytest.raises(MalformedDocument, match=r"line 2: an unknown claim: one of cc, "):
        parsed(tmp_path, f"{HEADER}192.0.2.1,tcp,443,guilty,,\n", "findings")
