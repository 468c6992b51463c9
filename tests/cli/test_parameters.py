"""``hinomi parameters``: shown, proposed, approved, restored, adopted, handed on."""

from pathlib import Path

import pytest

from hinomi.govern.parameters import default_register, read_register, render_register
from hinomi.govern.roles import Kind, Role
from hinomi.services.approvals import ask
from household import Household
from terminal import hinomi

FDR = "suspects.fdr"


@pytest.fixture(name="house")
def household(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home with an analyst and a reviewer."""
    house = Household(tmp_path / "home", monkeypatch)
    house.add("anna", Role.ANALYST)
    house.add("rita", Role.REVIEWER)
    return house


@pytest.fixture(name="lone")
def one_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Household:
    """Give a home as `init` makes it."""
    return Household(tmp_path / "lone", monkeypatch)


def propose(house: Household, value: str = "0.005", name: str = FDR) -> str:
    """Propose a value, and give what is answered."""
    said = hinomi(
        "parameters", "propose", name, value, "--considerations", "Enough.", home=house.folder
    )
    assert said.code == 0, said.err
    return said.out


def test_every_parameter_is_listed_and_shown(lone: Household) -> None:
    """In a table and as a document; one with all that stands behind it."""
    listed = hinomi("parameters", "list", "--json", home=lone.folder).document
    shown = hinomi("parameters", "show", FDR, home=lone.folder).out

    assert {each["name"] for each in listed["parameters"]} == set(default_register().parameters)
    assert listed["version"] == lone.home().register.version
    assert "suspects.fdr = 0.01" in shown
    assert "alternatives:" in shown
    assert lone.home().register.version in hinomi("parameters", "list", home=lone.folder).out
    document = hinomi("parameters", "show", FDR, "--json", home=lone.folder).document
    assert document["evidence"]
    assert hinomi("parameters", "show", "a.b", home=lone.folder).code == 66


def test_a_proposal_waits_and_approval_puts_it_in_force(house: Household) -> None:
    """By two persons; the history has both."""
    house.act_as("anna")
    assert propose(house).startswith("Request 1 waits for 1 other person(s) with the role reviewer")
    assert house.home().register.number(FDR) == 0.01
    house.act_as("rita")

    said = hinomi("parameters", "approve", "1", home=house.folder)

    assert said.out == "Done; approved by rita.\n"
    assert house.home().register.number(FDR) == 0.005
    history = hinomi("parameters", "history", FDR, "--json", home=house.folder).document
    (change,) = history["changes"]
    assert (change["before"], change["after"]) == (0.01, 0.005)
    assert (change["person"], change["approved_by"]) == ("anna", ["rita"])
    assert "0.005" in hinomi("parameters", "history", home=house.folder).out


def test_a_proposal_may_be_refused(house: Household) -> None:
    """Nothing changes."""
    house.act_as("anna")
    propose(house)
    house.act_as("rita")

    said = hinomi("parameters", "refuse", "1", "--reason", "too few", home=house.folder)

    assert said.out == "Request 1 is refused.\n"
    assert house.home().register.number(FDR) == 0.01


def test_only_proposals_are_decided_here(house: Household) -> None:
    """Any other request is for `hinomi approvals`: exit 64."""
    ask(house.act_as("anna"), Kind.PUBLICATION, {"a": 1}, "x")
    house.act_as("rita")

    for words in (("approve", "1"), ("refuse", "1", "--reason", "x")):
        said = hinomi("parameters", *words, home=house.folder)
        assert said.code == 64
        assert "request 1 is a publication" in said.err


def test_a_negative_value_is_no_option(lone: Household) -> None:
    """`known.benign_weight -3.5` is taken as it stands."""
    propose(lone, "-3.5", "known.benign_weight")

    assert lone.home().register.number("known.benign_weight") == -3.5


def test_a_review_date_and_texts_are_registered(lone: Household) -> None:
    """As they were said."""
    said = hinomi(
        "parameters", "propose", FDR, "0.02", "--considerations", "C.", "--evidence", "E.",
        "--alternatives", "A.", "--review", "2030-05-01", home=lone.folder,
    )  # fmt: skip
    assert said.code == 0, said.err

    shown = hinomi("parameters", "show", FDR, "--json", home=lone.folder).document
    texts = [shown[each] for each in ("considerations", "evidence", "alternatives", "review")]
    assert texts == ["C.", "E.", "A.", "2030-05-01"]
    assert "four eyes were impossible" not in str(shown)


def test_reviews_that_are_due_are_told(lone: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the list, on request alone; and by detection in one line."""
    assert (
        hinomi("parameters", "list", "--due", "--json", home=lone.folder).document["parameters"]
        == []
    )
    assert hinomi("detect", home=lone.folder).err == ""
    monkeypatch.setattr("hinomi.clock.time.time_ns", lambda: 1_830_300_000_000_000_000)

    listed = hinomi("parameters", "list", "--due", home=lone.folder)
    detected = hinomi("detect", home=lone.folder)

    assert "(passed)" in listed.out
    assert "are past their review date" in listed.err
    assert detected.code == 0
    assert len(detected.err.splitlines()) == 1
    assert "parameters list --due" in detected.err


def test_a_register_edited_by_hand_stops_and_is_restored(lone: Household) -> None:
    """Exit 78 for whatever uses it; the way back is one command."""
    path = lone.folder / "register.toml"
    edited = read_register(path).with_value(FDR, 0.5, decided_by="somebody")
    path.write_text(render_register(edited), "utf-8")

    for command in (("detect",), ("store", "status"), ("config", "check"), ("lists", "show")):
        said = hinomi(*command, home=lone.folder)
        assert said.code == 78, command
        assert len(said.err.splitlines()) == 1
        assert "parameters restore" in said.err
    assert hinomi("journal", "verify", home=lone.folder).code == 0
    assert hinomi("parameters", "restore", home=lone.folder).out.endswith(f"dropped: {FDR}\n")
    assert hinomi("detect", home=lone.folder).code == 0


def test_a_laboratory_is_warned_once_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And goes on."""
    lab = Household(tmp_path / "lab", monkeypatch, sampling=1)
    path = lab.folder / "register.toml"
    edited = read_register(path).with_value(FDR, 0.5, decided_by="somebody")
    path.write_text(render_register(edited), "utf-8")

    said = hinomi("detect", "--json", home=lab.folder)

    assert said.code == 0
    assert said.document["register"] == edited.version
    assert len(said.err.splitlines()) == 1
    assert FDR in said.err


def test_a_configuration_that_contradicts_is_mended_by_a_proposal(lone: Household) -> None:
    """The operator's configuration management says first; the register follows."""
    config = lone.folder / "config.toml"
    config.write_text(f'{config.read_text("utf-8")}\n[parameters]\n"{FDR}" = 0.005\n', "utf-8")

    said = hinomi("detect", home=lone.folder)
    assert said.code == 78
    assert f"{FDR} is 0.005 here and 0.01 in the register" in said.err
    assert f"hinomi parameters propose {FDR} 0.005" in said.err
    propose(lone)

    assert hinomi("detect", home=lone.folder).code == 0
    assert f'"{FDR}" = 0.005' in hinomi("config", "show", home=lone.folder).out


def test_an_older_register_is_brought_up_by_the_named_command(lone: Household) -> None:
    """Exit 78 names it; it tells what came in; then all runs."""
    older = lone.home().register.without(FDR)
    (lone.folder / "register.toml").write_text(render_register(older), "utf-8")
    lone.age()
    said = hinomi("detect", home=lone.folder)
    assert said.code == 78
    assert "run `hinomi parameters adopt`" in said.err

    said = hinomi("parameters", "adopt", home=lone.folder)

    assert said.code == 0, said.err
    assert f"{FDR}: - -> 0.01" in said.out
    assert hinomi("detect", home=lone.folder).code == 0
    assert hinomi("parameters", "adopt", home=lone.folder).code == 75


def test_the_handover_is_printed_or_written(lone: Household, tmp_path: Path) -> None:
    """In either language."""
    printed = hinomi("parameters", "handover", home=lone.folder).out
    file = tmp_path / "handover.md"
    said = hinomi("parameters", "handover", "--lang", "ja", "--output", file, home=lone.folder)

    assert printed.startswith("# Handover of the parameter register\n")
    assert said.out == f"Wrote {file}.\n"
    assert file.read_text("utf-8").startswith("# パラメータ登録簿の引き継ぎ書\n")
    document = hinomi("parameters", "handover", "--json", home=lone.folder).document
    assert document["text"].startswith("# Handover")


def test_the_history_says_what_is_missing(lone: Household) -> None:
    """Deleted bodies are counted on standard error; what does not fit is exit 65."""
    old = (lone.folder / "sanctioned" / "register.toml").read_bytes()
    propose(lone)
    lone.home().journal().delete_bodies(lone.clock() + 1)
    said = hinomi("parameters", "history", home=lone.folder)
    assert said.code == 0
    assert "entries lost their body" in said.err

    propose(lone, "0.02")
    (lone.folder / "sanctioned" / "register.toml").write_bytes(old)
    said = hinomi("parameters", "history", home=lone.folder)
    assert said.code == 65
    assert "is not what the journal last put in force" in said.err


def test_what_if_stands_beside_the_other_commands(lone: Household) -> None:
    """The curve that a proposal cites is asked for here."""
    assert "what-if" in hinomi("parameters", "--help").out
