"""The whole way of a home whose case book is in PostgreSQL; what is due goes from there as well."""

import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest

from casebooks import PostgresqlPlace
from forms import files_with
from hinomi.model.address import Address, to_packed
from hinomi.model.listed import ListKind
from hinomi.services.home import CONFIG
from hinomi.services.retention import run_retention, unknown_files
from loopback import PATIENCE_S
from peers import program
from postgres import ROLE
from retained import Ageing, rows_of
from terminal import hinomi

SUBSCRIBERS = tuple(ip_address(f"192.0.2.{host}") for host in range(101, 131))
LATER_DAYS = 1200


@pytest.fixture(name="ageing")
def a_home_with_a_shared_book(tmp_path: Path, shared_place: PostgresqlPlace) -> Ageing:
    """Give a home with own lines on lists, in a database of PostgreSQL."""
    ageing = Ageing.make(tmp_path / "home")
    path = ageing.folder / CONFIG
    text = path.read_text("utf-8")
    assert 'postgresql = ""' in text
    path.write_text(
        text.replace('postgresql = ""', f'postgresql = "{shared_place.conninfo}"'), "utf-8"
    )
    ageing.take_in(*rows_of(0))
    ageing.listed(ListKind.SUSPECTS, "address\n" + "".join(f"{each}\n" for each in SUBSCRIBERS))
    ageing.listed(ListKind.KNOWN_CC, "address,protocol,port\n198.51.100.1,tcp,443\n", "feed")
    return ageing


def pseudonyms(ageing: Ageing) -> list[bytes]:
    """Give the pseudonyms of the lines on the list, as PostgreSQL keeps halves of addresses."""
    cipher = ageing.home.cipher()
    found = [cipher.tokenise_one(Address(0, 0xFFFF_0000_0000 | int(each))) for each in SUBSCRIBERS]
    halves = [to_packed(each) for each in found]
    return [half[8:][::-1] for half in halves]


def test_every_command_works_on_it(ageing: Ageing) -> None:
    """Lists, exporters, detection, retention: nothing asks where the case book is."""
    assert not (ageing.folder / "casebook.sqlite").exists()
    for words in (
        ("lists", "show"), ("exporters", "list"), ("networks", "show"), ("detect",),
        ("explain", "198.51.100.1", "tcp", "443"), ("retention", "plan"), ("store", "status"),
    ):  # fmt: skip
        said = hinomi(*words, home=ageing.folder)
        assert said.code == 0, (words, said.err)
    (candidate,) = hinomi("--json", "detect", home=ageing.folder).document["candidates"]
    assert candidate["known"] is True
    assert unknown_files(ageing.home) == []


def test_what_is_due_goes_from_the_database(ageing: Ageing, shared_place: PostgresqlPlace) -> None:
    """Pseudonyms are in the files of the server before the run, and in none after."""
    forms = pseudonyms(ageing)
    assert any(form in shared_place.raw() for form in forms)
    ageing.days = LATER_DAYS

    outcome = run_retention(ageing.home)

    assert outcome.removed["standing-own-entries"] == len(SUBSCRIBERS)
    assert outcome.left == []
    raw = shared_place.raw()
    assert not any(form in raw for form in forms)
    assert files_with(ageing.folder, set(forms)) == []


def test_a_rolled_over_key_leaves_no_former_pseudonym(
    ageing: Ageing, shared_place: PostgresqlPlace
) -> None:
    """The same lines under another key: the run writes the former ones out of the database."""
    forms = pseudonyms(ageing)
    ageing.days = 29

    run_retention(ageing.home)

    raw, now = shared_place.raw(), pseudonyms(ageing)
    assert not any(form in raw for form in forms)
    assert all(form in raw for form in now)


def test_a_dump_that_comes_back_is_forgotten_again(
    ageing: Ageing, shared_place: PostgresqlPlace, tmp_path: Path
) -> None:
    """As the page on sharing tells: what was deleted since is there again, until the next run."""
    server, dump = shared_place.server, str(tmp_path / "casebook.dump")
    where = ["--host", str(server.folder), "--username", ROLE]
    name = shared_place.conninfo.split("dbname=")[1].split()[0]
    run(program("pg_dump"), *where, "--format=custom", f"--file={dump}", "-d", name)
    ageing.days = LATER_DAYS
    run_retention(ageing.home)
    with ageing.home.casebook() as casebook:
        assert casebook.lists.entries(ListKind.SUSPECTS) == ()

    run(program("dropdb"), *where, name)
    run(
        program("createdb"), *where, f"--owner={ROLE}", "--template=template0", "--encoding=UTF8",
        "--locale=C.UTF-8", name,
    )  # fmt: skip
    run(
        program("pg_restore"), *where, "--exit-on-error", "--no-owner", f"--role={ROLE}",
        "-d", name, dump,
    )  # fmt: skip
    with ageing.home.casebook() as casebook:
        assert len(casebook.lists.entries(ListKind.SUSPECTS)) == len(SUBSCRIBERS)

    run_retention(ageing.home)

    with ageing.home.casebook() as casebook:
        assert casebook.lists.entries(ListKind.SUSPECTS) == ()


def run(*words: str) -> None:
    """Run a program of PostgreSQL."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
