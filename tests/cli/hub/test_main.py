"""``hinomi hub`` from a terminal: init, outlets, status, its own certificate."""

import re
from pathlib import Path

import pytest

from hinomi.model.member import MemberKind, Outlet
from terminal import hinomi, make_home


@pytest.fixture(name="hub")
def a_hub(tmp_path: Path) -> Path:
    """Give a hub's home."""
    said = hinomi("hub", "init", "--name", "hub.example", "--url", "https://hub.example:8443",
                  home=tmp_path / "hub")  # fmt: skip
    assert said.code == 0, said.err
    return tmp_path / "hub"


def test_init_tells_the_key_that_members_check_the_list_with(tmp_path: Path) -> None:
    """In words and as JSON; without an address it says what is left to do."""
    said = hinomi("hub", "init", "--name", "hub.example", home=tmp_path / "one")
    assert said.code == 0
    assert "Its list is signed by hub.example/list+" in said.out
    assert "hinomi hub certify" in said.out
    told = hinomi("hub", "init", "--name", "hub.example", "--json", home=tmp_path / "two").document
    assert told["kind"] == "hub"
    assert told["key"].startswith("hub.example/list+")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--name", "Hub Example"), 64, "a hub's name"),
        (("--name", "hub.example", "--url", "http://hub.example"), 64, "a hub's address"),
        ((), 64, "Missing option '--name'"),
    ],
)
def test_init_refuses_what_cannot_be_meant(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    """One line, and nothing is made."""
    found = hinomi("hub", "init", *words, home=tmp_path / "hub")

    assert (found.code, found.out, found.err.count("\n")) == (code, "", 1)
    assert said in found.err
    assert not (tmp_path / "hub").exists()


def test_a_home_is_made_once(hub: Path) -> None:
    """A second hub takes another folder."""
    assert hinomi("hub", "init", "--name", "hub.example", home=hub).code == 75


def test_outlets_shows_every_pair_and_why(hub: Path, tmp_path: Path) -> None:
    """As a table, in either language, and as JSON; at a provider's home as well."""
    table = hinomi("hub", "outlets", home=hub)
    assert table.code == 0
    row = next(line for line in table.out.splitlines() if line.startswith("receiving-isp"))
    assert row.split()[1:] == ["-", *["open"] * 5, "off", "open"]
    told = hinomi("hub", "outlets", "--json", home=make_home(tmp_path / "node")).document
    assert len(told["pairs"]) == len(MemberKind) * len(Outlet)
    assert told["admitted"]["kinds"] == ["detecting-isp", "receiving-isp"]
    assert {each["answer"] for each in told["pairs"] if each["open"]} == {"permitted"}


def test_outlets_are_told_in_japanese(hub: Path) -> None:
    """States, answers and documents as well; names to be typed stay what they are."""
    found = hinomi("hub", "outlets", "--lang", "ja", home=hub)

    assert found.code == 0
    row = next(line for line in found.out.splitlines() if line.startswith("receiving-isp"))
    assert row.split()[1:] == ["-", *["可"] * 5, "停止中", "可"]
    for words in ("種別", ": 認める\n", ": 認めない\n", "場合に限る\n", "[001] 第13、規則R12\n"):
        assert words in found.out
    lines = [line for line in found.out.splitlines() if line.startswith("  [")]
    assert not [line for line in lines if not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", line)]
    assert not re.search(r"\b(open|off|permitted|refused|once-admitted)\b", found.out)
    assert hinomi("hub", "outlets", "--language", "ja", home=hub).code == 64


def test_status_tells_what_waits(hub: Path) -> None:
    """In words and as JSON."""
    said = hinomi("hub", "member", "add", "isp-a", "--organisation", "A", "--kind",
                  "receiving-isp", home=hub)  # fmt: skip
    assert said.code == 0, said.err
    found = hinomi("hub", "status", home=hub)
    assert "hub.example at https://hub.example:8443" in found.out
    assert "no list was made yet" in found.out
    assert "members: 1 applied" in found.out
    assert "waits: isp-a has applied; missing: no attestation of trust" in found.out
    told = hinomi("hub", "status", "--json", home=hub).document
    assert told["members"] == {"applied": 1, "admitted": 0, "suspended": 0, "left": 0}
    assert (told["newest"], len(told["waits"])) == (None, 1)


def test_the_hubs_certificate_is_made_for_another_address(hub: Path) -> None:
    """`config check` warns until then."""
    path = hub / "config.toml"
    path.write_text(path.read_text("utf-8").replace("hub.example:8443", "list.example"), "utf-8")
    checked = hinomi("config", "check", home=hub)
    assert checked.code == 0
    assert "is not for list.example" in checked.err

    made = hinomi("hub", "certify", "--json", home=hub).document
    assert made["hosts"][0] == "list.example"
    assert "for list.example, localhost" in hinomi("hub", "certify", home=hub).out
    assert hinomi("config", "check", home=hub).err == ""


@pytest.mark.parametrize(
    "words", [("hub", "status"), ("hub", "certify"), ("hub", "member", "list")]
)
def test_a_provider_is_no_hub(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Exit 77, one line."""
    said = hinomi(*words, home=make_home(tmp_path / "node", sampling=10_000))

    assert (said.code, said.out, said.err.count("\n")) == (77, "", 1)
    assert "this home is no hub" in said.err
