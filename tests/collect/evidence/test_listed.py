"""Lists as evidence."""

from pathlib import Path

import pytest

from hinomi.collect.evidence.intake import A_NAME
from hinomi.collect.evidence.listed import A_RANGE, CLAIMS, recognises
from hinomi.errors import MalformedDocument, UsageError
from hinomi.model.evidence import Claim, Method
from testimony import parsed, rendered, stated

FORM = "list"
CSV = "address,protocol,port,role,last_listed\n"


def test_a_list_is_never_told_from_its_content() -> None:
    """It does not say what it claims."""
    assert not recognises("192.0.2.1\n")


@pytest.mark.parametrize("claim", sorted(CLAIMS))
def test_a_list_claims_what_the_caller_says(tmp_path: Path, claim: Claim) -> None:
    """Of each entry, on the file's day."""
    found = stated(tmp_path, "192.0.2.1:443\n2001:db8::1\n", FORM, claim=claim)

    assert rendered(found) == [f"{claim} 192.0.2.1 tcp/443 0", f"{claim} 2001:db8::1 0"]
    assert {each.method for each in found} == {Method.LIST}


def test_a_list_that_does_not_say_what_it_claims_is_refused(tmp_path: Path) -> None:
    """And so is a claim that no list makes."""
    for claim in (None, Claim.GONE):
        with pytest.raises(UsageError, match="claim"):
            parsed(tmp_path, "192.0.2.1\n", FORM, claim=claim)


def test_an_entry_is_dated_by_its_last_listing(tmp_path: Path) -> None:
    """No later than the file; an entry that is a sinkhole by its role is one."""
    text = CSV + (
        "192.0.2.1,udp,53,c2,2026-01-30\n192.0.2.2,,,,2027-01-01\n"
        "192.0.2.3,tcp,443,sinkhole,\n192.0.2.0/24,,,,\nhost.example,,,,\n"
    )

    taken = parsed(tmp_path, text, FORM, claim=Claim.CC, method=Method.HONEYPOT)

    assert rendered(list(taken.evidence)) == [
        "cc 192.0.2.1 udp/53 -2",
        "cc 192.0.2.2 0",
        "sinkhole 192.0.2.3 tcp/443 0",
    ]
    assert {each.method for each in taken.evidence} == {Method.HONEYPOT}
    assert taken.ignored == {A_RANGE: 1, A_NAME: 1}


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    """As on import of the list; with good ones kept it is counted."""
    text = "192.0.2.1\n192.0.2.999\n"

    with pytest.raises(MalformedDocument, match="line 2"):
        parsed(tmp_path, text, FORM, claim=Claim.BENIGN)
    assert parsed(tmp_path, text, FORM, claim=Claim.BENIGN, keep_good=True).malformed == 1
