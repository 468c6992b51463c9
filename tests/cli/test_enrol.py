"""``hinomi listings enrol`` and ``join`` from a terminal; the whole way: `hub/test_members`."""

import json
from pathlib import Path

import pytest

from terminal import hinomi, make_home


@pytest.fixture(name="node")
def a_node(tmp_path: Path) -> Path:
    """Give a provider's home."""
    return make_home(tmp_path / "node", sampling=10_000)


def test_a_request_holds_nothing_secret(node: Path, tmp_path: Path) -> None:
    """Member, certificate request, public key; the number to read out is told."""
    out = tmp_path / "request.json"
    told = hinomi("listings", "enrol", "--member", "isp-a", "--out", out, "--json", home=node)

    assert told.code == 0
    assert told.document["member"] == "isp-a"
    assert told.document["new_keys"] is True
    assert len(told.document["request_sha256"]) == 64
    request = json.loads(out.read_bytes())
    assert list(request) == ["format", "member", "csr", "signing_key"]
    assert "PRIVATE" not in out.read_text()


def test_a_laboratory_joins_no_hub(tmp_path: Path) -> None:
    """Exit 77, one line (R3)."""
    laboratory = make_home(tmp_path / "lab")
    for words in (("enrol", "--member", "a", "--out", tmp_path / "r"), ("join", tmp_path / "w")):
        said = hinomi("listings", *words, home=laboratory)
        assert (said.code, said.out, said.err.count("\n")) == (77, "", 1)
        assert "a laboratory joins no hub" in said.err


@pytest.mark.parametrize("content", ["", "{}", "[" * 5000, '{"format": "hinomi-welcome-1"}', "é"])
def test_a_file_that_is_no_welcome_is_told_in_one_line(
    node: Path, tmp_path: Path, content: str
) -> None:
    """Exit 65; nothing is left behind."""
    path = tmp_path / "welcome.json"
    path.write_bytes(content.encode("latin-1"))
    said = hinomi("listings", "join", path, home=node)

    assert (said.code, said.out, said.err.count("\n")) == (65, "", 1)
    assert not (node / "hub").exists()


def test_a_request_needs_a_name_and_a_place(node: Path, tmp_path: Path) -> None:
    """Exit 64 and 69."""
    enrol = ("listings", "enrol", "--member")
    assert hinomi(*enrol, "ISP A", "--out", tmp_path / "r", home=node).code == 64
    assert hinomi(*enrol, "isp-a", home=node).code == 64
    assert hinomi(*enrol, "isp-a", "--out", tmp_path / "none" / "r", home=node).code == 69
