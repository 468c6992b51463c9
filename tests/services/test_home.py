"""A home is made whole or not at all, and only its owner may look inside."""

import stat
from pathlib import Path

import pytest

from hinomi.config import NodeKind
from hinomi.errors import (
    ConfigError,
    Conflict,
    MalformedDocument,
    NotFound,
    NotPermitted,
    Unavailable,
)
from hinomi.services.home import create_home, open_home
from hinomi.services.mandates import Operation, os_user
from hubs import HubHouse
from terminal import hinomi, make_home


@pytest.fixture(name="prefixes")
def own_prefixes(tmp_path: Path) -> Path:
    """Give a file of two own prefixes."""
    path = tmp_path / "own.txt"
    path.write_text("192.0.2.0/24  # homes\n2001:db8::/32, ipoe\n", "utf-8")
    return path


def test_a_new_home_has_everything_in_its_place(tmp_path: Path, prefixes: Path) -> None:
    """After init there are configuration, register, journal, key, case book and lake."""
    folder = tmp_path / "home"

    created = create_home(folder, prefixes, 10_000)

    assert created.own_networks == 2
    home = open_home(folder)
    assert home.register.version == created.register_version
    assert len(home.cipher().key) == 32
    assert home.lake().statistics().rows == 0
    with home.casebook() as casebook:
        assert len(casebook.own_networks()) == 2
    (entry,) = home.journal().entries()
    assert (entry["operation"], entry["who"]) == ("init", os_user())


def test_only_the_owner_may_look_inside(tmp_path: Path, prefixes: Path) -> None:
    """The folder is 0700, the key 0600."""
    folder = tmp_path / "home"

    create_home(folder, prefixes)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    key = folder / "keys" / "period-0001.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("sampling", "kind", "stated"),
    [
        (None, NodeKind.OPERATIONAL, 0),
        (1, NodeKind.LABORATORY, 1),
        (8191, NodeKind.LABORATORY, 8191),
        (8192, NodeKind.OPERATIONAL, 8192),
        (10_000, NodeKind.OPERATIONAL, 10_000),
    ],
)
def test_dense_sampling_makes_a_laboratory(
    tmp_path: Path, prefixes: Path, sampling: int | None, kind: NodeKind, stated: int
) -> None:
    """Below the registered smallest interval a home is a laboratory; the register keeps N."""
    create_home(tmp_path / "home", prefixes, sampling)

    home = open_home(tmp_path / "home")
    assert home.config.node.kind is kind
    assert home.is_laboratory is (kind is NodeKind.LABORATORY)
    parameter = home.register.parameters["collect.sampling_interval"]
    assert parameter.value == stated
    assert parameter.decided_by == ("hinomi defaults" if sampling is None else os_user())


def test_two_homes_have_two_keys(tmp_path: Path, prefixes: Path) -> None:
    """The key is drawn anew for each home."""
    create_home(tmp_path / "one", prefixes)
    create_home(tmp_path / "two", prefixes)

    assert open_home(tmp_path / "one").cipher().key != open_home(tmp_path / "two").cipher().key


def test_an_existing_home_is_never_touched(tmp_path: Path, prefixes: Path) -> None:
    """Init on a home is a conflict and changes none of its files."""
    folder = tmp_path / "home"
    create_home(folder, prefixes)
    key = open_home(folder).cipher().key

    with pytest.raises(Conflict, match="a home exists at"):
        create_home(folder, prefixes)

    assert open_home(folder).cipher().key == key


def test_a_folder_with_other_files_is_not_taken(tmp_path: Path, prefixes: Path) -> None:
    """Init does not move into somebody's folder; an empty folder is fine."""
    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("mine")
    empty = tmp_path / "empty"
    empty.mkdir()

    with pytest.raises(Conflict, match="is not empty"):
        create_home(full, prefixes)
    create_home(empty, prefixes)

    assert [path.name for path in full.iterdir()] == ["letter.txt"]
    assert open_home(empty).config.node.kind is NodeKind.OPERATIONAL


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"192.0.2.0/33\n", MalformedDocument),
        (b"", MalformedDocument),
        (b"\xff\xfe\x00", MalformedDocument),
        (None, NotFound),
    ],
)
def test_a_failed_init_leaves_nothing(
    tmp_path: Path, content: bytes | None, error: type[Exception]
) -> None:
    """Without sound own prefixes there is no home, and no half of one beside it."""
    prefixes = tmp_path / "own.txt"
    if content is not None:
        prefixes.write_bytes(content)

    with pytest.raises(error):
        create_home(tmp_path / "inner" / "home", prefixes)

    assert not (tmp_path / "inner").exists() or not list((tmp_path / "inner").iterdir())


def test_a_place_that_cannot_be_written_is_unavailable(tmp_path: Path, prefixes: Path) -> None:
    """Below a file there is no room for a home: exit 69, and nothing is left."""
    with pytest.raises(Unavailable, match=r"File exists|Not a directory"):
        create_home(prefixes / "home", prefixes)


def test_a_home_without_its_key_says_so(tmp_path: Path, prefixes: Path) -> None:
    """A lost key is a wrong configuration, not an empty one drawn in its place."""
    create_home(tmp_path / "home", prefixes)
    (tmp_path / "home" / "keys" / "period-0001.key").unlink()

    with pytest.raises(ConfigError, match="restore it from backup"):
        open_home(tmp_path / "home").cipher()


def test_no_home_is_not_found(tmp_path: Path) -> None:
    """Opening a folder that is no home names the way to one."""
    with pytest.raises(NotFound, match="run `hinomi init`"):
        open_home(tmp_path)


@pytest.mark.parametrize(("sampling", "other"), [(1, "operational"), (10_000, "laboratory")])
def test_a_home_stays_of_the_kind_it_was_made(tmp_path: Path, sampling: int, other: str) -> None:
    """Else dense records would come in by way of a laboratory, and stay in an operational lake."""
    folder = make_home(tmp_path / "home", sampling=sampling)
    config = folder / "config.toml"
    made = {"operational": "laboratory", "laboratory": "operational"}[other]
    config.write_text(config.read_text("utf-8").replace(f'"{made}"', f'"{other}"'), "utf-8")

    with pytest.raises(ConfigError, match="another kind is another home"):
        open_home(folder)
    assert hinomi("journal", "verify", home=folder).code == 0


def test_a_hub_does_nothing_that_a_provider_does(tmp_path: Path) -> None:
    """It refuses every act on flow records, cases and listings of its own, and journals that."""
    home = HubHouse.found(tmp_path / "hub").home()
    everywhere = {each for each in Operation if each.anywhere}

    for each in set(Operation) - everywhere:
        if each.at_hub:
            assert home.mandate(each).powers == each.powers
        else:
            with pytest.raises(NotPermitted, match="this home is a hub"):
                home.mandate(each)
    refused = [entry["operation"] for entry in home.journal().entries() if "refused" in entry]
    assert sorted(map(str, refused)) == sorted(
        each.word for each in set(Operation) - everywhere if not each.at_hub
    )
    assert {each.word for each in everywhere} == {"lists", "case evidence", "store", "retention"}


def test_a_provider_does_nothing_that_the_hub_does(tmp_path: Path, prefixes: Path) -> None:
    """It takes in no member's statements, and publishes no list."""
    create_home(tmp_path / "home", prefixes, 10_000)
    home = open_home(tmp_path / "home")

    for each in (each for each in Operation if each.at_hub):
        with pytest.raises(NotPermitted, match="this home is no hub"):
            home.mandate(each)
