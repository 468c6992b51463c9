"""How a hub stands, and what waits for its people."""

from pathlib import Path

import pytest

from enrolled import Entrance
from hinomi.config import render_config
from hinomi.errors import NotPermitted
from hinomi.model.member import MemberKind, MemberState
from hinomi.services.hub import members
from hinomi.services.hub.authorities import certify_hub
from hinomi.services.hub.changes import Changed
from hinomi.services.hub.credentials import revoke
from hinomi.services.hub.status import server_fault, status


@pytest.fixture(name="entrance")
def an_entrance(tmp_path: Path) -> Entrance:
    """Give a hub."""
    return Entrance.build(tmp_path / "place")


def with_url(entrance: Entrance, url: str) -> None:
    """Configure where members reach the hub."""
    home = entrance.house.home()
    text = render_config(home.config).replace('"https://127.0.0.1:8443"', f'"{url}"')
    (home.folder / "config.toml").write_text(text, "utf-8")


def test_a_new_hub_has_nothing_and_waits_for_nothing(entrance: Entrance) -> None:
    """No list, no members."""
    found = status(entrance.house.home())

    assert (found.name, found.newest, found.waits) == ("hub.example", None, ())
    assert str(found.epoch) == "2026-11-23"
    assert sum(found.members.values()) == 0


def test_members_are_counted_by_state_and_the_newest_list_is_named(entrance: Entrance) -> None:
    """One of each that there is."""
    house = entrance.house
    entrance.joins("isp-a")
    entrance.joins("isp-b")
    members.suspend(house.home(), "isp-b", "x")
    members.add(house.home(), "isp-c", "C", MemberKind.RECEIVING_ISP, Changed())
    house.publishes()

    found = status(house.home())
    assert found.newest is not None
    assert (found.newest.number, str(found.newest.epoch)) == (1, "2026-11-23")
    assert {state: count for state, count in found.members.items() if count} == {
        MemberState.APPLIED: 1,
        MemberState.ADMITTED: 1,
        MemberState.SUSPENDED: 1,
    }
    (waiting,) = found.waits
    assert waiting.startswith("isp-c has applied; missing: no attestation of trust")


def test_what_ends_soon_is_told_in_time(entrance: Entrance) -> None:
    """Attestations, certificates, the hub's own; and what has ended."""
    entrance.joins("isp-a")
    entrance.house.epoch += 336
    assert [each.split(" on ")[0] for each in status(entrance.house.home()).waits] == [
        "isp-a: the last attestation of trust ends",
        "isp-a: the last attestation of information-management ends",
    ]
    entrance.house.epoch += 32
    waits = status(entrance.house.home()).waits
    assert waits[0].startswith("the hub's certificate ends on 2027-12-25")
    assert "isp-a: no attestation of trust holds today" in waits
    assert any(each.startswith("isp-a: its last certificate ends on") for each in waits)
    entrance.house.epoch += 32
    waits = status(entrance.house.home()).waits
    assert waits[0].startswith("the hub's certificate ended on")
    assert waits[-1].startswith("isp-a has no certificate")


def test_a_member_without_a_certificate_is_told(entrance: Entrance) -> None:
    """It takes part, and cannot."""
    entrance.joins("isp-a")
    revoke(entrance.house.home(), "isp-a", None)

    assert status(entrance.house.home()).waits == (
        "isp-a has no certificate: `hinomi hub member certify`",
    )


def test_an_address_that_the_certificate_is_not_for_is_told(entrance: Entrance) -> None:
    """Until the certificate is made anew."""
    assert server_fault(entrance.house.home()) is None
    with_url(entrance, "")
    assert "hub.url is empty" in str(server_fault(entrance.house.home()))
    entrance = Entrance.build(entrance.folder / "second")
    with_url(entrance, "https://hub.example:8443")
    assert "is not for hub.example" in str(server_fault(entrance.house.home()))
    certify_hub(entrance.house.home())
    assert server_fault(entrance.house.home()) is None
    entrance = Entrance.build(entrance.folder / "third")
    with_url(entrance, "https://hub.example/list")
    assert "a hub's address" in str(server_fault(entrance.house.home()))


def test_a_status_is_a_hubs(entrance: Entrance) -> None:
    """A provider's home has another one."""
    with pytest.raises(NotPermitted, match="this home is no hub"):
        status(entrance.node("isp-a"))
