"""From nothing to a node that is let in, and everything that shuts the door again at once."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrolled import Entrance, Member
from hinomi.clock import wall_clock
from hinomi.errors import Conflict, NotPermitted
from hinomi.hub.outlets import Openings
from hinomi.model.member import MemberKind, MemberState, Outlet
from hinomi.services.hub import members
from hinomi.services.hub.authorities import client_authorities
from hinomi.services.hub.credentials import revoke
from hinomi.services.hub.doors import Unknown, admit
from hinomi.services.hub.founding import SERVER, SERVER_KEY
from hinomi.services.membership.joining import AUTHORITY, CERTIFICATE, NODE_KEY
from hinomi.share.certificates import render_certificate
from hubs import HubHouse, Node

EVERYTHING = [None, *Outlet]
LISTINGS = [each for each in Outlet if each.gives_listings and each is not Outlet.RPZ]


@pytest.fixture(name="entrance")
def an_entrance(tmp_path: Path) -> Entrance:
    """Give a hub."""
    return Entrance.build(tmp_path / "place")


def open_to(member: Member) -> set[Outlet | None]:
    """Try every door, with what the node has."""
    return doors(member.entrance.house, member.joined.fingerprint, member.token)


def doors(house: HubHouse, fingerprint: str, token: str) -> set[Outlet | None]:
    """Name the doors that open to a certificate and a token."""
    home = house.home()
    found: set[Outlet | None] = set()
    with home.casebook() as casebook:
        for outlet in EVERYTHING:
            with suppress(NotPermitted):
                admit(home, casebook, fingerprint=fingerprint, token=token, outlet=outlet)
                found.add(outlet)
    return found


@pytest.mark.parametrize("kind", [MemberKind.DETECTING_ISP, MemberKind.RECEIVING_ISP])
def test_a_node_that_joined_is_let_through_to_what_its_kind_may(
    entrance: Entrance, kind: MemberKind
) -> None:
    """Enrolled, entered, attested, admitted, certified, joined: each door of the table, no more."""
    member = entrance.joins("isp-a", kind)
    openings = Openings.from_register(entrance.house.home().register)

    assert open_to(member) == {None, *openings.open_to(kind)}
    assert member.knocks(Outlet.SNAPSHOT).member.name == "isp-a"
    assert set(member.joined.membership.outlets) == set(openings.open_to(kind))


def test_a_certificate_and_a_token_are_worth_something_together(entrance: Entrance) -> None:
    """Another member's token, one of before, or none: nobody is told anything."""
    one, other = entrance.joins("isp-a"), entrance.joins("isp-b")

    for token in (other.token, one.token[:-1], "x" * 43):
        with pytest.raises(Unknown, match="not known here together"):
            one.knocks(Outlet.FIGURES, token)
    stranger = replace(one, joined=replace(one.joined, fingerprint="0" * 64))
    with pytest.raises(Unknown):
        stranger.knocks(Outlet.FIGURES)


def test_a_suspension_counts_from_the_next_request_on(entrance: Entrance) -> None:
    """With the case book open all the while; and only for whom it is meant."""
    one, other = entrance.joins("isp-a"), entrance.joins("isp-b")
    home = entrance.house.home()
    assert open_to(one)
    members.suspend(home, "isp-a", "letter 7")
    for outlet in EVERYTHING:
        with pytest.raises(NotPermitted, match="the member is suspended"):
            one.knocks(outlet)
    assert open_to(other)
    members.reinstate(home, "isp-a", "letter 8")
    assert open_to(one) == open_to(other)


def test_a_revoked_certificate_lets_nobody_in(entrance: Entrance) -> None:
    """The member's other node goes on."""
    member = entrance.joins("isp-a")
    entrance.certifies("isp-a", entrance.folder / "isp-a-request.json", "second.json")
    revoke(entrance.house.home(), "isp-a", member.joined.fingerprint)

    assert open_to(member) == set()
    with pytest.raises(NotPermitted, match="revoked, or its time is over"):
        member.knocks(Outlet.FIGURES)


def test_what_ends_shuts_the_door_by_itself(entrance: Entrance) -> None:
    """First the attestations, for listings alone; then the certificate, for everything."""
    member = entrance.joins("isp-a")
    entrance.house.epoch += 365
    assert set(LISTINGS) <= open_to(member)
    entrance.house.epoch += 1
    assert open_to(member) == {None, Outlet.SUBMIT, Outlet.FEEDBACK, Outlet.FIGURES}
    with pytest.raises(NotPermitted, match="no attestation of trust holds today"):
        member.knocks(Outlet.SNAPSHOT)
    entrance.house.epoch += 31
    assert member.joined.until == entrance.day
    assert open_to(member)
    entrance.house.epoch += 1
    assert open_to(member) == set()


def test_a_kind_that_is_admitted_no_longer_is_shut_out(entrance: Entrance) -> None:
    """The register is asked at every request."""
    member = entrance.joins("isp-a", MemberKind.RECEIVING_ISP)
    assert open_to(member)
    with entrance.house.home().casebook() as casebook:
        known = casebook.hub.members.get("isp-a")
        casebook.hub.members.put(replace(known, kind=MemberKind.VENDOR))

    with pytest.raises(NotPermitted, match=r"are not admitted \(hub.kinds\)"):
        member.knocks(Outlet.FIGURES)
    assert open_to(member) == set()


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(["suspend", "reinstate", "leave", "admit"]), max_size=6))
def test_whoever_does_not_take_part_gets_nothing_whatever_was_before(
    entrance: Entrance, words: list[str]
) -> None:
    """Acts in any order: the doors of a member that is not admitted are shut, all of them."""
    house = entrance.house
    node = Node(f"isp-{len(house.nodes)}")
    house.let_in(node)
    home = house.home()
    acts = {
        "suspend": members.suspend,
        "reinstate": members.reinstate,
        "leave": members.leave,
        "admit": members.admit,
    }
    for word in words:
        with suppress(Conflict):  # Not every act is for every state.
            acts[word](home, node.name, "x")
        found = members.known(home, node.name)
        certified = any(not each.is_revoked for each in found.credentials)
        takes_part = found.member.state is MemberState.ADMITTED and certified
        assert bool(doors(house, node.fingerprint, node.token)) is takes_part


def test_node_and_hub_know_each_other_by_tls(tmp_path: Path) -> None:
    """What both keep is what TLS asks for: the right node comes in, a stranger's does not."""
    # Today's clock: TLS asks the machine what time it is.
    entrance, second = (Entrance.build(tmp_path / each, wall_clock()) for each in ("one", "two"))
    member, stranger = entrance.joins("isp-a"), second.joins("isp-a")

    bundle = tmp_path / "ca.pem"
    trusted = client_authorities(entrance.house.home())
    bundle.write_text("".join(map(render_certificate, trusted)))
    assert asyncio.run(_meet(entrance, member, member, bundle)) == "isp-a"
    assert asyncio.run(_meet(entrance, member, stranger, bundle)) == ""
    with pytest.raises(ssl.SSLCertVerificationError):
        asyncio.run(_meet(entrance, stranger, member, bundle))


async def _meet(entrance: Entrance, trusting: Member, shown: Member, bundle: Path) -> str:
    """Let a node that trusts as one and shows itself as another call the hub on loopback."""
    home = entrance.house.home()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(home.folder / SERVER, home.folder / SERVER_KEY)
    serving.load_verify_locations(bundle)
    serving.verify_mode = ssl.CERT_REQUIRED

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        shown = writer.get_extra_info("peercert")
        (name,) = [value for ((key, value),) in shown["subject"] if key == "commonName"]
        writer.write(f"{name}\n".encode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
    port = server.sockets[0].getsockname()[1]
    calling = ssl.create_default_context(cafile=str(trusting.node.folder / AUTHORITY))
    calling.load_cert_chain(shown.node.folder / CERTIFICATE, shown.node.folder / NODE_KEY)
    async with server:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=calling, server_hostname="127.0.0.1"
        )
        said = b""
        with suppress(ssl.SSLError, ConnectionError):  # The hub hangs up on a stranger.
            writer.write(b"hello\n")
            said = await reader.readline()
        writer.close()
    return said.decode().strip()
