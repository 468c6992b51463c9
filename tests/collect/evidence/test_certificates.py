"""Certificates that others saw."""

from pathlib import Path

import pytest

from hinomi.collect.evidence.certificates import SAYS_NOTHING, recognises
from hinomi.errors import MalformedDocument
from hinomi.model.evidence import Method
from testimony import parsed, rendered, stated

HEADER = "address,port,self_signed,not_before,first_seen,holder\n"
FORM = "certificates"


def test_the_format_is_told_by_its_header() -> None:
    """The holder need not be there."""
    assert recognises(HEADER)
    assert recognises(HEADER.replace(",holder", ""))
    assert not recognises("address,port\n")


def test_a_self_signed_certificate_is_a_weak_trait(tmp_path: Path) -> None:
    """With its age when it was first seen."""
    [found] = stated(tmp_path, HEADER + "192.0.2.1,443,1,2026-01-20,2026-01-31,\n", FORM)

    assert rendered([found]) == ["support 192.0.2.1 tcp/443 -1"]
    assert (found.method, found.strength, found.facts) == (
        Method.CERTIFICATE,
        0.1,
        {"age_days": 11},
    )


def test_another_holders_certificate_says_that_it_moved(tmp_path: Path) -> None:
    """From the day on which it was first seen; the holder is not kept (R16)."""
    text = HEADER + (
        "192.0.2.1,443,0,2025-01-01,2025-06-01,host.example\n"
        "192.0.2.1,443,0,2025-07-01,2025-08-01,host.example\n"
        "192.0.2.1,443,0,2026-01-01,2026-01-30,other.example\n"
    )

    taken = parsed(tmp_path, text, FORM)

    [found] = taken.evidence
    assert rendered([found]) == ["moved 192.0.2.1 tcp/443 -2"]
    assert (found.reference, found.strength, found.facts) == ("another-holder", 0.5, {})
    assert taken.ignored == {SAYS_NOTHING: 2}


@pytest.mark.parametrize(
    "second",
    [
        "192.0.2.1,8443,0,2026-01-01,2026-01-30,b",  # Another service.
        "192.0.2.1,443,0,2026-01-01,2026-01-30,",  # Whose it is, is not said.
        "192.0.2.1,443,0,2026-01-01,2026-01-30,a",  # A renewal.
    ],
)
def test_no_change_of_holder_is_made_up(tmp_path: Path, second: str) -> None:
    """It takes two holders at one place."""
    text = HEADER + "192.0.2.1,443,0,2025-01-01,2025-06-01,a\n" + second

    assert parsed(tmp_path, text, FORM).statements == 0


def test_whoever_signs_for_himself_proves_no_move(tmp_path: Path) -> None:
    """A C&C server may do so every day."""
    text = HEADER + (
        "192.0.2.1,443,0,2025-01-01,2025-06-01,a\n192.0.2.1,443,1,2026-01-01,2026-01-30,b\n"
    )

    assert rendered(stated(tmp_path, text, FORM)) == ["support 192.0.2.1 tcp/443 -2"]


@pytest.mark.parametrize(
    "row",
    [
        "192.0.2.1,,1,2026-01-20,2026-01-31,",
        "192.0.2.1,443,maybe,2026-01-20,2026-01-31,",
        "192.0.2.1,443,1,,2026-01-31,",
        "192.0.2.1,443,1,2026-01-20,,",
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: str) -> None:
    """All but the holder must be stated."""
    with pytest.raises(MalformedDocument, match="line 2"):
        parsed(tmp_path, HEADER + row, FORM)


def test_rows_of_one_place_come_in_order(tmp_path: Path) -> None:
    """Else who followed whom would be a guess."""
    text = HEADER + (
        "192.0.2.1,443,0,2025-01-01,2026-01-30,a\n192.0.2.1,443,0,2025-01-01,2025-06-01,b\n"
    )

    with pytest.raises(MalformedDocument, match=r"line 3: .* not in order"):
        parsed(tmp_path, text, FORM)
