"""``hinomi hub member`` and a node's ``listings enrol`` and ``join``, as people type them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hinomi.services.mandates import TOKEN_VARIABLE
from terminal import Said, hinomi, make_home


@pytest.fixture(name="place")
def a_hub_and_a_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a hub, and a node that enrolled."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    made = hinomi("hub", "init", "--name", "hub.example", "--url", "https://hub.example:8443",
                  home=tmp_path / "hub")  # fmt: skip
    assert made.code == 0, made.err
    node = make_home(tmp_path / "node", sampling=10_000)
    out = tmp_path / "request.json"
    assert hinomi("listings", "enrol", "--member", "isp-a", "--out", out, home=node).code == 0
    return tmp_path


def at_hub(place: Path, *words: object) -> Said:
    """Run ``hinomi hub member`` there."""
    return hinomi("hub", "member", *words, home=place / "hub")


def enter(place: Path) -> None:
    """Enter isp-a with all that it takes."""
    entered = at_hub(
        place, "add", "isp-a", "--organisation", "ISP A", "--kind", "detecting-isp",
        "--contact", "noc@isp-a.example", "--use", "detect", "--page", "https://isp-a.example",
        "--request", place / "request.json",
    )  # fmt: skip
    assert entered.out == "Entered isp-a.\n"
    day = datetime.now(UTC).date() + timedelta(days=365)
    words = ("--by", "the board", "--document", "minutes 12", "--until", str(day))
    assert at_hub(place, "attest", "isp-a", *words).out == "Entered the attestation of isp-a.\n"


def test_from_request_to_welcome_to_a_node_that_joined(place: Path) -> None:
    """The whole way, by the commands alone; both ends read out the same number."""
    enter(place)
    admitted = at_hub(place, "admit", "isp-a", "--reason", "minutes 12")
    assert admitted.out.startswith("isp-a is admitted. Nobody else could approve")
    request, welcome = place / "request.json", place / "welcome.json"
    given = at_hub(place, "certify", "isp-a", "--request", request, "--out", welcome)
    assert given.code == 0, given.err
    again = hinomi("listings", "enrol", "--member", "isp-a", "--out", request, home=place / "node")
    number = again.out.splitlines()[1].split(":")[0]
    assert number in given.out
    token = json.loads(welcome.read_bytes())["token"]
    assert token not in given.out

    number = given.out.split("number ")[1].split(":")[0]
    wrong = hinomi("listings", "join", welcome, "--number", "0" * 24, home=place / "node")
    assert (wrong.code, wrong.out) == (65, "")
    joined = hinomi("listings", "join", welcome, "--number", number, home=place / "node")
    assert joined.code == 0, joined.err
    assert joined.out.startswith("This node is isp-a at https://hub.example:8443.\n")
    assert f"number {number}: " in joined.out
    assert "list key of the hub: hub.example/list+" in joined.out
    assert "authority of the hub: " in joined.out
    shown = at_hub(place, "show", "isp-a", "--json").document
    assert (shown["state"], shown["missing"]) == ("admitted", [])
    assert shown["certificates"][0]["fingerprint"] in joined.out
    text = at_hub(place, "show", "isp-a").out
    assert "attested: trust by the board, minutes 12" in text
    assert "open to it: submit, feedback, snapshot, plain, taxii, misp, figures" in text
    assert "isp-a" in at_hub(place, "list").out
    assert [each["name"] for each in at_hub(place, "list", "--json").document["members"]] == [
        "isp-a"
    ]


def test_a_second_person_is_waited_for(place: Path) -> None:
    """The first call says which request waits, and exits 0; JSON tells it as `approvals` does."""
    enter(place)
    added = hinomi("people", "add", "olga", "--name", "Olga", "--role", "privacy-officer",
                   "--account", "olga", "--reason", "new", home=place / "hub")  # fmt: skip
    assert added.code == 0, added.err

    said = at_hub(place, "admit", "isp-a", "--reason", "minutes 12")
    assert said.code == 0
    assert said.out.startswith("Request 2 waits for 1 other person(s) with the role privacy-off")
    told = at_hub(place, "admit", "isp-a", "--reason", "minutes 12", "--json").document
    assert (told["state"], told["request"]["request"]) == ("applied", 2)
    assert told["request"]["kind"] == "bulk-export"


def test_a_member_is_shut_out_let_in_and_leaves(place: Path) -> None:
    """Each says what follows from it."""
    enter(place)
    at_hub(place, "admit", "isp-a", "--reason", "minutes 12")
    said = at_hub(place, "suspend", "isp-a", "--reason", "letter 7")
    assert said.out == "isp-a is suspended; its next request is refused.\n"
    assert at_hub(place, "suspend", "isp-a", "--reason", "letter 7").code == 75
    assert at_hub(place, "reinstate", "isp-a", "--reason", "letter 8").code == 0
    told = at_hub(place, "leave", "isp-a", "--reason", "merged", "--json").document
    assert told == {"member": "isp-a", "state": "left"}


def test_a_member_is_changed_by_what_is_said(place: Path) -> None:
    """The rest stays."""
    enter(place)
    at_hub(place, "change", "isp-a", "--organisation", "ISP A KK", "--kind", "receiving-isp")
    shown = at_hub(place, "show", "isp-a", "--json").document

    assert (shown["organisation"], shown["kind"]) == ("ISP A KK", "receiving-isp")
    assert shown["contacts"] == ["noc@isp-a.example"]


def test_a_member_that_takes_part_is_changed_by_two(place: Path) -> None:
    """The first call asks, and tells which request waits; nothing is changed by it."""
    enter(place)
    at_hub(place, "admit", "isp-a", "--reason", "minutes 12")
    hinomi("people", "add", "olga", "--name", "Olga", "--role", "privacy-officer",
           "--account", "olga", "--reason", "new", home=place / "hub")  # fmt: skip
    said = at_hub(place, "change", "isp-a", "--organisation", "Somebody Else")
    assert (said.code, said.err.count("\n")) == (64, 1)
    said = at_hub(place, "change", "isp-a", "--organisation", "Somebody Else", "--reason", "x")

    assert said.out.startswith("Request 3 waits for 1 other person(s)")
    shown = at_hub(place, "show", "isp-a", "--json").document
    assert (shown["organisation"], shown["missing"]) == ("ISP A", [])


def test_a_member_that_takes_part_is_attested_by_two(place: Path) -> None:
    """The first call asks; until another person has approved, nothing more is attested."""
    enter(place)
    at_hub(place, "admit", "isp-a", "--reason", "minutes 12")
    day = datetime.now(UTC).date()
    words = ("--by", "me", "--document", "none", "--since", day, "--until", day)
    alone = at_hub(place, "attest", "isp-a", *words, "--reason", "minutes 13")
    assert alone.out.startswith("Entered the attestation of isp-a. Nobody else could approve")
    hinomi("people", "add", "olga", "--name", "Olga", "--role", "privacy-officer",
           "--account", "olga", "--reason", "new", home=place / "hub")  # fmt: skip

    blank = at_hub(place, "attest", "isp-a", *words)
    said = at_hub(place, "attest", "isp-a", *words, "--reason", "minutes 14")

    assert (blank.code, blank.err.count("\n")) == (64, 1)
    assert (said.code, said.out.split(" waits")[0]) == (0, "Request 4")
    shown = at_hub(place, "show", "isp-a", "--json").document
    assert len(shown["attestations"]) == 4


def test_members_at_one_domain_are_warned_of(place: Path) -> None:
    """On standard error, in one line; the member is entered."""
    enter(place)
    said = at_hub(place, "add", "isp-b", "--organisation", "B", "--kind", "detecting-isp",
                  "--contact", "b@isp-a.example")  # fmt: skip

    assert (said.code, said.out, said.err.count("\n")) == (0, "Entered isp-b.\n", 1)
    assert "isp-b and isp-a have a contact or their page at isp-a.example" in said.err


def test_certificates_are_revoked_by_name_or_all(place: Path) -> None:
    """One of the two has to be said."""
    enter(place)
    at_hub(place, "admit", "isp-a", "--reason", "minutes 12")
    for name in ("w1.json", "w2.json"):
        words = ("--request", place / "request.json", "--outlet", "taxii", "--out", place / name)
        assert at_hub(place, "certify", "isp-a", *words).code == 0
    certificates = at_hub(place, "show", "isp-a", "--json").document["certificates"]
    assert [each["outlets"] for each in certificates] == [["taxii"], ["taxii"]]

    assert at_hub(place, "revoke", "isp-a").code == 64
    both = ("--all", "--fingerprint", "abcdef01")
    assert at_hub(place, "revoke", "isp-a", *both).code == 64
    one = certificates[0]["fingerprint"]
    said = at_hub(place, "revoke", "isp-a", "--fingerprint", one[:16], "--json").document
    assert said == {"member": "isp-a", "revoked": [one]}
    assert at_hub(place, "revoke", "isp-a", "--all").out == "isp-a: 1 certificate(s) revoked.\n"
    assert ", revoked" in at_hub(place, "show", "isp-a").out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "isp-z"), 66, "no member is called isp-z"),
        (("admit", "isp-z", "--reason", "x"), 66, "no member is called isp-z"),
        (("add", "ISP", "--organisation", "A", "--kind", "maker"), 64, "cannot name a member"),
        (("add", "a", "--organisation", " ", "--kind", "maker"), 64, "without an organisation"),
        (("add", "a", "--organisation", "A", "--kind", "bank"), 64, "is not one of"),
        (("suspend", "isp-a"), 64, "Missing option '--reason'"),
        (("certify", "a", "--request", "none", "--out", "w"), 66, "none: No such file"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    place: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    """With the exit code of what the caller can do about it."""
    found = at_hub(place, *words)

    assert (found.code, found.out, found.err.count("\n")) == (code, "", 1)
    assert said in found.err


def test_a_role_that_may_not_is_told_which_may(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An auditor looks at members, and admits none."""
    hinomi("people", "add", "erik", "--name", "Erik", "--role", "auditor", "--reason", "x",
           home=place / "hub")  # fmt: skip
    drawn = hinomi("people", "draw", "--json").document
    hinomi("people", "token", "erik", "--hash", drawn["hash"], "--reason", "x", home=place / "hub")
    monkeypatch.setenv(TOKEN_VARIABLE, drawn["token"])

    assert at_hub(place, "list").code == 0
    said = at_hub(place, "suspend", "isp-a", "--reason", "x")
    assert said.code == 77
    assert "that is for the role operator or privacy-officer" in said.err
