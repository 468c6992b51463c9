"""Whatever a home is used for: each file and table it leaves is of a class of data."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from collectors import collecting, home_that_collects
from exporting import v5, v5_record
from foundedhubs import FoundedHub
from hinomi.clock import wall_clock
from hinomi.govern.holdings import DataClass
from hinomi.govern.program import sign_program
from hinomi.govern.retention import class_of_file, classes_of_table
from hinomi.model.statement import Sighting
from hinomi.services import researchbook
from hinomi.services.home import MODELS, open_home
from hinomi.services.hub.restored import Restored, mark_restored
from hinomi.services.models import default_model, write_model
from hinomi.services.retention import run_retention, unknown_files
from hinomi.store.casebook import open_casebook
from hubs import server
from researchers import SIGNER, program
from retained import Ageing
from terminal import hinomi, table_row, write_table

INTERVAL = 10_000


@pytest.fixture(name="home", scope="module")
def a_home_after_a_full_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Use a home in every way that leaves something in it."""
    folder = tmp_path_factory.mktemp("full")
    home = home_that_collects(folder / "home")
    with collecting(home, clock=wall_clock) as running:
        running.send(v5(v5_record()))
    flows = write_table(
        folder / "flows.csv",
        *(table_row(src_port=number, sampling_interval=INTERVAL) for number in range(4)),
    )
    listed = folder / "list.csv"
    listed.write_text("address,protocol,port\n198.51.100.1,tcp,443\n192.0.2.9,tcp,443\n", "utf-8")
    ruling = folder / "ruling.pdf"
    ruling.write_bytes(b"it may be done")
    commands: list[tuple[object, ...]] = [
        ("import", flows),
        ("lists", "add", "known-cc", listed, "--source", "a"),
        ("lists", "add", "suspects", listed, "--source", "b"),
        ("context", "add", "history", listed, "--source", "c", "--licence", "own",
         "--date", "2025-12-01"),
        ("exporters", "list"),
        ("parameters", "propose", "drill.rounds", 5, "--considerations", "To see."),
        ("store", "compact"),
        ("detect", "--partials"),
        ("detect", "--report", home / "week.html"),
        ("explain", "198.51.100.1", "tcp", "443"),
        ("mandates", "rule", "notify", "listings", "notify", "consent",
         "--document", ruling, "--title", "a letter", "--until", "2027-01-01"),
        ("journal", "verify"),
        ("retention", "plan"),
        ("retention", "run"),
    ]  # fmt: skip
    for words in commands:
        said = hinomi(*words, home=home)
        assert said.code == 0, (words, said.err)
    open_home(home).evidence().keep(b"{}")
    researchbook.keep(home, _asked())
    shipped = default_model()
    own = msgspec.structs.replace(shipped.card, name="own")
    write_model(type(shipped)(own, shipped.first, shipped.second), home / MODELS / "own")
    return home


def _asked() -> researchbook.Asked:
    """Give a request of research, as it is kept."""
    asked = program("return ()")
    request = researchbook.Request(
        by="a researcher", reason="ports", program=asked.digest, key=SIGNER.verifier.render(),
        since_ms=0, until_ms=1, asked_ms=0,
    )  # fmt: skip
    signature = sign_program(asked, SIGNER)
    return researchbook.Asked(
        number=1, request=request, program=asked, signature=signature, result=None
    )


def test_every_file_has_a_class(home: Path) -> None:
    """A new kind of file must say in ``govern/retention.py`` how long it is kept, and why."""
    assert unknown_files(Ageing(home).home) == []


def test_the_run_was_a_full_one(home: Path) -> None:
    """The check means something: nearly every class has a file in this home."""
    files = [path for path in home.rglob("*") if path.is_file()]

    found = Counter(class_of_file(path.relative_to(home).as_posix()) for path in files)

    missing = {
        row for row in DataClass if row not in found
    } - {
        # Rows of the case book, and what a sound run does not leave.
        DataClass.DROPPED_OWN_ENTRIES, DataClass.STANDING_OWN_ENTRIES, DataClass.LIST_HISTORY,
        DataClass.OPERATIONS, DataClass.STANDING_LISTS, DataClass.NETWORK_PLAN,
        DataClass.FOLLOWED_FILES, DataClass.LEFTOVERS,
        DataClass.CASES, DataClass.OWN_CASES, DataClass.EVIDENCE,
        # Of a hub, or of a home that is a member of one.
        DataClass.MEMBER_STATEMENTS, DataClass.PAST_LISTS, DataClass.RULINGS,
        DataClass.HUB_FIGURES, DataClass.ROUNDS, DataClass.MEMBERS,
        DataClass.PUBLISHED, DataClass.MEMBERSHIP,
    }  # fmt: skip
    assert missing == set()


def test_every_table_has_a_class(home: Path) -> None:
    """Those of the database as it really is."""
    with open_casebook(home / "casebook.sqlite") as casebook:
        tables = casebook.forgetting.tables()

    assert len(tables) > 8
    assert [each for each in tables if not classes_of_table(each)] == []


def test_every_file_of_a_hub_has_a_class(tmp_path: Path) -> None:
    """After statements, lists, retention and a restoration; its case book is the only database."""
    hub = FoundedHub.with_members(tmp_path / "hub")
    hub.runs([server(each) for each in range(6)], [server(each) for each in range(6)])
    hub.sights("isp-a", 2, {server(1): Sighting.CONFIRMED})
    mark_restored(hub.folder, Restored(number=2, made="2026-06-06T03:00:00Z"))
    run_retention(hub.home())

    assert unknown_files(hub.home()) == []
    classes = {
        class_of_file(path.relative_to(hub.folder).as_posix())
        for path in hub.folder.rglob("*")
        if path.is_file()
    }
    assert DataClass.MEMBERS in classes


@pytest.mark.parametrize(
    "name",
    ["hub/membership.json", "hub/list.json", "hub/sent/2026-06-06.json", "keys/membership/node.key",
     "keys/membership/token"],
)  # fmt: skip
def test_what_a_member_keeps_of_the_hub_has_a_class(name: str) -> None:
    """Its way to the hub, the list that it took, and its keys there."""
    assert class_of_file(name) is DataClass.MEMBERSHIP
