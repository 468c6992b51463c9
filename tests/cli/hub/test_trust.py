"""``hinomi hub trust``: an operator's own authority, from a terminal."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hinomi.hub.authority import Authority
from hinomi.share.certificates import fingerprint, render_certificate
from terminal import hinomi


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> Path:
    """Give a hub's home."""
    assert hinomi("hub", "init", "--name", "hub.example", home=tmp_path / "hub").code == 0
    return tmp_path / "hub"


def test_an_authority_is_entered_shown_and_taken_out(hub: Path, tmp_path: Path) -> None:
    """The hub's own stands first, and stays."""
    own = Authority.create("Operator", datetime.now(UTC).date()).certificate
    path = tmp_path / "ca.pem"
    path.write_text(render_certificate(own))
    name = fingerprint(own)

    assert hinomi("hub", "trust", "add", path, home=hub).out == (f"Entered the authority {name}.\n")
    told = hinomi("hub", "trust", "list", "--json", home=hub).document["authorities"]
    assert [(each["own"], each["fingerprint"] == name) for each in told] == [
        (True, False),
        (False, True),
    ]
    assert name in hinomi("hub", "trust", "list", home=hub).out
    gone = hinomi("hub", "trust", "remove", name[:16], "--json", home=hub).document
    assert gone["fingerprint"] == name
    assert hinomi("hub", "trust", "remove", name, home=hub).code == 66


def test_what_is_no_authority_is_refused(hub: Path, tmp_path: Path) -> None:
    """In one line."""
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    said = hinomi("hub", "trust", "add", path, home=hub)

    assert (said.code, said.err.count("\n")) == (65, 1)
    assert hinomi("hub", "trust", "add", tmp_path / "none.pem", home=hub).code == 66
