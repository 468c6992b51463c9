"""One service explained: as it was detected, and what is no candidate too."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from builders import HOUR_MS, NOON_MS, conversations, talk
from hinomi.errors import NotFound
from hinomi.model.address import parse_address
from hinomi.model.listed import ListKind
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.detecting import SCRATCH, Detection, run_detection
from hinomi.services.explaining import explain_service
from hinomi.services.home import Home, open_home
from hinomi.services.listing import add_list
from hinomi.services.mandates import Operation, mandate_for
from surveys import BOTS, CC, CC_PORT, WEB, Row, small_network, towards
from terminal import make_home

SERVER = "203.0.113.9"


def store(home: Home, name: str, rows: Sequence[Row]) -> None:
    """Put conversation records into the lake as one batch."""
    mandate = mandate_for(Operation.IMPORT, home.clock)
    home.lake().append([conversations(rows)], name, mandate)


def new_home(folder: Path, *batches: Sequence[Row]) -> Home:
    """Make a laboratory with *batches* in its lake, in that order."""
    home = open_home(make_home(folder))
    for number, rows in enumerate(batches):
        store(home, f"batch {number}", rows)
    return home


@pytest.fixture(name="home", scope="module")
def a_home_with_a_botnet(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give the small network with an own service beside it, and a list that names the C&C."""
    folder = tmp_path_factory.mktemp("detecting")
    rows = small_network()
    for line in range(100, 112):
        rows += towards(line, 700, NOON_MS + line * 700_000, remote_port=8_080)
    home = new_home(folder / "home", rows)
    known = folder / "known.csv"
    known.write_text(f"address,protocol,port\n{CC},tcp,{CC_PORT}\n", "utf-8")
    add_list(home, ListKind.KNOWN_CC, known, "hunters")
    return home


@pytest.fixture(name="found", scope="module")
def a_detection(home: Home) -> Detection:
    """Detect once, over everything."""
    return run_detection(home, Window(), top=50)


@pytest.fixture(name="few", scope="module")
def a_home_with_few_records(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give a lake with one listed server that four lines met in four hours, one each."""
    folder = tmp_path_factory.mktemp("few")
    rows = [row for hour in range(4) for row in talk(hour, SERVER, NOON_MS + hour * HOUR_MS)]
    home = new_home(folder / "home", rows)
    known = folder / "known.txt"
    known.write_text(f"{SERVER}\n", "utf-8")
    add_list(home, ListKind.KNOWN_CC, known, "hunters")
    return home


def test_a_service_is_explained_as_it_was_detected(home: Home, found: Detection) -> None:
    """Same probability, rank and reasons; measures, sizes and hours beside them."""
    told = explain_service(home, CC, 6, CC_PORT)
    first = found.candidates[0]

    assert told["service"] == f"{CC} tcp/{CC_PORT}"
    assert (told["address"], told["protocol"], told["port"]) == (CC, "tcp", CC_PORT)
    assert (told["rank"], told["probability"]) == (1, first.probability)
    assert (told["clients"], told["suspects"]) == (first.clients, first.suspects)
    assert (told["known"], told["tier"]) == (True, 1)
    reasons = told["reasons"]
    assert isinstance(reasons, list)
    assert [each["code"] for each in reasons] == [each.code for each in first.reasons]
    assert told["packet_bytes"] == {"to the service": [100.0] * 3, "from the service": [100.0] * 3}
    hours = told["hours_of_day"]
    assert isinstance(hours, list)
    assert (len(hours), sum(hours)) == (24, 2 * 6 * len(BOTS))
    assert told["register"] == home.register.version


def test_a_service_without_anything_against_it_has_no_rank(home: Home) -> None:
    """What is no candidate is explained too."""
    told = explain_service(home, WEB, 6, 443)

    assert told["rank"] is None
    assert told["reasons"]


def test_an_own_service_is_explained_by_its_pseudonym(home: Home) -> None:
    """The mark of a pseudonym finds it, a plain address of the same bits does not."""
    own = Service(parse_address("::1:0:0:0:2bc"), 6, 8_080, own=True).render_address()

    assert explain_service(home, own, 6, 8_080)["clients"] == 12
    with pytest.raises(NotFound):
        explain_service(home, "::1:0:0:0:2bc", 6, 8_080)


@pytest.mark.parametrize(("proto", "port"), [(17, CC_PORT), (6, CC_PORT + 1)])
def test_an_unknown_service_is_not_found(few: Home, proto: int, port: int) -> None:
    """Neither another protocol nor another port is it; the attempt is journalled."""
    with pytest.raises(NotFound, match="no record"):
        explain_service(few, SERVER, proto, port)

    *_, last = few.journal().entries()
    assert last["operation"] == "explain"
    assert scratch_of(few) == []


def test_in_an_empty_lake_no_service_is_found(tmp_path: Path) -> None:
    """Nothing to explain."""
    with pytest.raises(NotFound):
        explain_service(new_home(tmp_path / "home"), SERVER, 6, 443)


def test_what_is_no_address_is_the_callers_bug(few: Home) -> None:
    """Refused before anything is read."""
    with pytest.raises(ValueError, match="not an IP address"):
        explain_service(few, "server", 6, 443)
