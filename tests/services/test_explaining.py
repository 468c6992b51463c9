"""One service explained: as it was detected, and what is no candidate too."""

from pathlib import Path

import pytest

from hinomi.errors import NotFound
from hinomi.model.address import parse_address
from hinomi.model.service import Service
from hinomi.services.detecting import SCRATCH, Detection
from hinomi.services.explaining import explain_service
from hinomi.services.home import Home
from observed import MET, new_home
from surveys import BOTS, CC, CC_PORT, WEB


def test_a_service_is_explained_as_it_was_detected(botnet: Home, found: Detection) -> None:
    """Same probability, rank and reasons; measures, sizes and hours beside them."""
    told = explain_service(botnet, CC, 6, CC_PORT)
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
    assert told["register"] == botnet.register.version


def test_a_service_without_anything_against_it_has_no_rank(botnet: Home) -> None:
    """What is no candidate is explained too."""
    told = explain_service(botnet, WEB, 6, 443)

    assert told["rank"] is None
    assert told["reasons"]


def test_an_own_service_is_explained_by_its_pseudonym(botnet: Home) -> None:
    """The mark of a pseudonym finds it, a plain address of the same bits does not."""
    own = Service(parse_address("::1:0:0:0:2bc"), 6, 8_080, own=True).render_address()

    assert explain_service(botnet, own, 6, 8_080)["clients"] == 12
    with pytest.raises(NotFound):
        explain_service(botnet, "::1:0:0:0:2bc", 6, 8_080)


@pytest.mark.parametrize(("proto", "port"), [(17, CC_PORT), (6, CC_PORT + 1)])
def test_an_unknown_service_is_not_found(few: Home, proto: int, port: int) -> None:
    """Neither another protocol nor another port is it; the attempt is journalled."""
    with pytest.raises(NotFound, match="no record"):
        explain_service(few, MET, proto, port)

    told = [each for each in few.journal().entries() if each["operation"] != "key"]
    assert told[-1]["operation"] == "explain"
    assert list(few.folder.glob(f"{SCRATCH}*")) == []


def test_in_an_empty_lake_no_service_is_found(tmp_path: Path) -> None:
    """Nothing to explain."""
    with pytest.raises(NotFound):
        explain_service(new_home(tmp_path / "home"), MET, 6, 443)


def test_what_is_no_address_is_the_callers_bug(few: Home) -> None:
    """Refused before anything is read."""
    with pytest.raises(ValueError, match="not an IP address"):
        explain_service(few, "server", 6, 443)
