"""``hinomi exporters`` describes routers, before and after they send."""

from pathlib import Path

import pytest

from accounts import a_sampler, a_status
from hinomi.collect.accounting import write_status
from hinomi.services.home import COLLECT
from terminal import hinomi, make_home

ROUTER = "203.0.113.1"


@pytest.fixture(name="home")
def a_home(tmp_path: Path) -> Path:
    """Make a home that nothing was sent to yet."""
    return make_home(tmp_path / "home")


def test_what_is_said_is_listed(home: Path) -> None:
    """Counting point, interfaces and sampling of one exporter, in one document."""
    for words in (
        ("interface", ROUTER, 17, "transit"),
        ("interface", ROUTER, 18, "ignored"),
        ("counts", ROUTER, "ingress"),
        ("sampling", ROUTER, 10_000, "--reason", "its software exports no rate"),
    ):
        said = hinomi("exporters", *words, home=home)
        assert said.code == 0, said.err

    (found,) = hinomi("exporters", "list", "--json", home=home).document["exporters"]

    assert (found["name"], found["counts"]) == (ROUTER, "ingress")
    assert found["sampling"]["interval"] == 10_000
    assert found["sampling"]["reason"] == "its software exports no rate"
    assert [each["role"] for each in found["interfaces"]] == ["transit", "ignored"]


def test_the_list_reads_as_a_table(home: Path) -> None:
    """One line an exporter; an empty list has its headings."""
    empty = hinomi("exporters", "list", home=home)
    hinomi("exporters", "sampling", ROUTER, 4096, "--reason", "measured", home=home)

    said = hinomi("exporters", "list", home=home)

    assert empty.out.startswith("exporter")
    row = said.out.splitlines()[-1].split()
    assert (row[0], row[1]) == (ROUTER, "all")
    assert "1 in 4096 (stated)" in said.out


def test_the_table_shows_the_largest_interfaces_that_nobody_described(home: Path) -> None:
    """With their share of the records, beside all that were described."""
    hinomi("exporters", "interface", ROUTER, 40, "transit", home=home)
    status = a_status(exporter=ROUTER)
    status.exporters[ROUTER].interfaces = {40: 40} | dict.fromkeys(range(1, 10), 5) | {9: 20}
    (home / COLLECT).mkdir(exist_ok=True)
    write_status(home / COLLECT / "worker-0.json", status)

    said = hinomi("exporters", "list", home=home)

    shown = [index for index in (1, 2, 3, 4, 5, 6, 7, 8, 9) if f"{index}:unknown" in said.out]
    assert shown == [1, 2, 3, 4, 5, 6, 7, 9]  # The 9 carries most, the 8 is last.
    assert "40:transit" in said.out
    assert "(40 %)" in said.out
    assert "more" in said.out


def test_records_that_an_override_lets_pass_are_told_on_one_line(tmp_path: Path) -> None:
    """An operational home is told that its entry is the only basis (R3)."""
    home = make_home(tmp_path / "node", sampling=10_000)
    status = a_status(exporter=ROUTER)
    status.exporters[ROUTER].samplers = (a_sampler(100),)
    (home / COLLECT).mkdir(exist_ok=True)
    write_status(home / COLLECT / "worker-0.json", status)

    said = hinomi("exporters", "sampling", ROUTER, 10_000, "--reason", "contract", home=home)

    assert said.code == 0
    assert said.err == (
        f"hinomi: {ROUTER} itself states 1 in 100, denser than 1 in 10000: records that this "
        "home refused pass now, on your entry's reason alone\n"
    )


def test_a_change_of_the_register_tells_its_version(home: Path) -> None:
    """Stating an interval and taking it back lead to the version of before."""
    shown = [
        hinomi("exporters", "sampling", ROUTER, *words, "--json", home=home).document
        for words in ((4096, "--reason", "measured"), ("--unset",), (4096, "--reason", "measured"))
    ]

    assert [each["sampling_interval"] for each in shown] == [4096, None, 4096]
    assert shown[0]["register"] == shown[2]["register"] != shown[1]["register"]


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("sampling", ROUTER), 64, "state N, or --unset"),
        (("sampling", ROUTER, "5", "--unset"), 64, "not both"),
        (("sampling", ROUTER, "5"), 64, "needs its --reason"),
        (("sampling", ROUTER, "5", "--reason", " "), 64, "needs its --reason"),
        (("sampling", ROUTER, "0", "--reason", "x"), 64, "not in the range"),
        (("sampling", ROUTER, "--unset"), 66, "nothing to unset"),
        (("counts", "edge", "all"), 66, "no exporter is called edge"),
        (("counts", ROUTER, "both"), 64, "is not one of"),
        (("interface", ROUTER, "1", "roof"), 64, "is not one of"),
        (("interface", ROUTER, "-1", "transit"), 64, "No such option|not in the range"),
    ],
)
def test_words_that_do_not_fit_change_nothing(
    home: Path, words: tuple[str, ...], code: int, complaint: str
) -> None:
    """One line says what to mend; register and list stay as they were."""
    before = (home / "register.toml").read_bytes()

    said = hinomi("exporters", *words, home=home)

    assert said.code == code
    assert any(part in said.err for part in complaint.split("|")), said.err
    assert (home / "register.toml").read_bytes() == before
    assert hinomi("exporters", "list", "--json", home=home).document == {"exporters": []}
