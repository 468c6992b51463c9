"""Each guard holds what it is for, says who may lift that, and leaves the rest alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guarded import around, beside, held, limits, marked_sinkhole, match, met, own_service, service
from hinomi.model.case import ServiceClass
from hinomi.model.context import NetworkKind
from hinomi.model.listed import ListKind
from hinomi.model.protocol import Protocol
from hinomi.verify.benign import suggest_class
from hinomi.verify.guards import LIST_RULES, speaks_against, wilson
from hinomi.verify.holds import Lift
from hinomi.verify.listkinds import BenignKind
from hinomi.verify.surroundings import AddressFacts

SHARED = ServiceClass.SHARED


def test_what_nothing_is_known_of_is_held_by_nothing() -> None:
    """Guards need a fact: an unknown server is neither held nor acquitted."""
    assert held(around()) == {}
    assert held(around(population=met(30, 25))) == {}


def test_a_service_of_the_own_network_needs_reidentification() -> None:
    """Its pseudonym is in no block of addresses, and no reviewer's reason names it."""
    holds = held(around(own_service()))

    assert set(holds) == {"own-network"}
    assert holds["own-network"].lift is Lift.REIDENTIFICATION


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "192.168.7.7", "224.0.0.5", "fe80::1", "127.0.0.1"]
)
def test_nobody_may_list_an_address_that_is_no_server(address: str) -> None:
    """Private, multicast, link-local and loopback addresses stay held in exercises as well."""
    holds = held(around(service(address)))

    assert holds["special-address"].lift is Lift.NOBODY


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::1", "250.1.1.1", "198.18.0.1"])
def test_addresses_of_nobody_are_hosts_in_exercises_only(address: str) -> None:
    """Made-up worlds live there: the register says whether that is one."""
    listed = (match("List of RFC 5735 CIDR blocks"),)

    assert held(around(service(address), lists=listed)) == {}
    strict = held(around(service(address), lists=listed), made_up_hosts=False)
    assert set(strict) == {"special-address", "list-special"}
    assert {each.lift for each in strict.values()} == {Lift.NOBODY}


@pytest.mark.parametrize(
    ("label", "port", "lift", "suggests"),
    [
        ("Akamai", 443, Lift.NOBODY, SHARED),
        ("Amazon AWS", 443, Lift.EVIDENCE, None),
        ("public DNS resolvers", 53, Lift.NOBODY, SHARED),
        ("public DNS resolvers", 4444, Lift.REVIEWER, None),
        ("ntp", 123, Lift.NOBODY, SHARED),
        ("stun", 3478, Lift.NOBODY, SHARED),
        ("SMTP sending", 587, Lift.NOBODY, SHARED),
        ("SMTP sending", 4444, Lift.EVIDENCE, SHARED),
        ("OVH Cluster", 80, Lift.NOBODY, SHARED),
        ("Parking domains", 80, Lift.EVIDENCE, SHARED),
        ("CRL and OCSP", 80, Lift.EVIDENCE, SHARED),
        ("Office 365", 443, Lift.NOBODY, SHARED),
        ("vpn", 1194, Lift.REVIEWER, None),
        ("crawler", 443, Lift.REVIEWER, None),
        ("friends", 443, Lift.REVIEWER, None),
        ("List of known sinkholes", 443, Lift.NOBODY, ServiceClass.SINKHOLE),
    ],
)
def test_a_list_holds_as_its_kind_says(
    label: str, port: int, lift: Lift, suggests: ServiceClass | None
) -> None:
    """What all share nobody may list; a cloud asks for evidence; the rest for a reason."""
    holds = held(around(service(port=port), lists=(match(label),)))
    (code,) = (code for code in holds if code.startswith("list-"))

    assert (holds[code].lift, holds[code].suggests) == (lift, suggests)
    assert "a list" in holds[code].text
    assert "/24" in holds[code].text_ja


def test_every_kind_of_list_has_its_rule() -> None:
    """No kind is left to chance."""
    assert set(LIST_RULES) == set(BenignKind)


def test_a_list_of_vpn_providers_does_not_hold_their_data_centres() -> None:
    """Nearly half of all listed C&Cs lie there: only ports of tunnels and proxies are held."""
    assert held(around(service(port=443), lists=(match("vpn-ipv4"),))) == {}


def test_several_lists_of_one_kind_are_one_hold() -> None:
    """It names them all, and the narrowest prefix."""
    lists = (match("akamai", source="b", bits=22), match("akamai", source="a", bits=24))

    (only,) = held(around(lists=lists)).values()

    assert only.values["lists"] == 2
    assert only.values["source"] == "a (akamai); b (akamai)"
    assert only.values["bits"] == 24


@pytest.mark.parametrize(
    ("bits", "v4", "lift"),
    [
        (32, True, Lift.NOBODY),
        (20, True, Lift.NOBODY),
        (19, True, Lift.EVIDENCE),
        (8, True, Lift.EVIDENCE),
        (40, False, Lift.NOBODY),
        (39, False, Lift.EVIDENCE),
    ],
)
def test_a_wide_entry_is_no_sinkhole_to_hide_in(bits: int, *, v4: bool, lift: Lift) -> None:
    """A poisoned /8 on a list of sinkholes is not final; a narrow entry is."""
    listed = match(kind=ListKind.SINKHOLES, bits=bits, is_v4=v4)

    hold = held(around(lists=(listed,)))["list-sinkhole"]

    assert hold.lift is lift
    assert hold.suggests is ServiceClass.SINKHOLE


def test_a_narrow_entry_decides_beside_a_wide_one() -> None:
    """A wide entry of another list does not weaken what a narrow one says."""
    lists = (marked_sinkhole(), match(kind=ListKind.SINKHOLES, bits=8))

    assert held(around(lists=lists))["list-sinkhole"].lift is Lift.NOBODY


@pytest.mark.parametrize(
    ("port", "clients", "suspects", "lift"),
    [
        (587, 1, 1, Lift.NOBODY),
        (587, 40, 3, Lift.NOBODY),
        (587, 40, 40, Lift.EVIDENCE),  # No mail server has suspects alone.
        (25, 40, 40, Lift.NOBODY),  # Spam bots make up the clients of an innocent relay.
        (993, 40, 3, Lift.EVIDENCE),
        (995, 40, 40, Lift.REVIEWER),
    ],
)
def test_a_port_of_mail_is_taken_for_a_shared_mail_server(
    port: int, clients: int, suspects: int, lift: Lift
) -> None:
    """How strongly depends on the port and on who meets it; the class is always suggested."""
    holds = held(around(service(port=port), population=met(clients, suspects)))

    assert holds["mail-port"].lift is lift
    assert suggest_class(holds.values()) is SHARED
    assert f"{clients} lines" in holds["mail-port"].text


def test_mail_is_spoken_over_tcp() -> None:
    """The same port of another protocol is no mail."""
    assert held(around(service(port=587, proto=Protocol.UDP))) == {}


@pytest.mark.parametrize(
    ("code", "port", "proto"),
    [
        ("resolver-port", 53, Protocol.UDP),
        ("resolver-port", 53, Protocol.TCP),
        ("resolver-port", 853, Protocol.TCP),
        ("time-port", 123, Protocol.UDP),
        ("stun-port", 3478, Protocol.UDP),
    ],
)
def test_a_known_port_holds_unless_its_clients_speak_against_it(
    code: str, port: int, proto: int
) -> None:
    """C&Cs use port 53 as well: a reviewer lifts it, and clients that are all suspects do."""
    of = service(port=port, proto=proto)

    assert held(around(of))[code].lift is Lift.REVIEWER
    assert held(around(of, population=met(40, 10)))[code].suggests is None
    assert held(around(of, population=met(40, 40))) == {}


def test_mail_beside_web_is_a_sign_of_a_shared_host() -> None:
    """Whichever of both the service itself is; a certificate seen at a port counts as use."""
    for known in (
        around(service(port=80), population=met(3, 3, beside=beside(993))),
        around(service(port=993), population=met(3, 3, beside=beside(443))),
        around(service(port=80), address=AddressFacts(certificates=(465,))),
    ):
        holds = held(known)
        assert holds["mail-beside-web"].lift is Lift.EVIDENCE
        assert holds["mail-beside-web"].suggests is SHARED
    assert "mail-beside-web" not in held(around(population=met(3, 3, beside=beside(8080, 22))))


def test_many_unrelated_services_are_a_sign_of_a_shared_host() -> None:
    """Kinds are counted, not ports: a C&C with a shell and a few web ports is no shared host."""
    shared = around(population=met(5, 5, beside=beside(21, 53, 3306, 2083)))
    rented = around(population=met(5, 5, beside=beside(22, 80, 8080, 8443, 53)))

    hold = held(shared)["many-services"]

    assert hold.values["named"] == "web, names, files, panel, database"
    assert (hold.lift, hold.suggests) == (Lift.EVIDENCE, SHARED)
    assert held(rented) == {}


def test_somebodys_line_asks_a_reviewer() -> None:
    """A hijacked router is a C&C all the same; a rented server in a hosting network is free."""
    line = AddressFacts(origin_as=64_496, as_kind=NetworkKind.ACCESS)

    hold = held(around(address=line))["access-network"]

    assert (hold.lift, hold.suggests) == (Lift.REVIEWER, None)
    assert "AS64496" in hold.text
    assert held(around(address=AddressFacts(as_kind=NetworkKind.HOSTING))) == {}


@pytest.mark.parametrize(("names", "holds"), [(None, False), (49, False), (50, True)])
def test_many_names_are_a_sign_of_a_shared_host(names: int | None, *, holds: bool) -> None:
    """From the registered number on; where no table says anything nothing is held."""
    known = around(address=AddressFacts(names=names))

    assert ("many-names" in held(known)) is holds


def test_popularity_is_a_share_and_never_a_count() -> None:
    """300 clients of a million lines are few; of a thousand they are many."""
    assert held(around(population=met(300, 200, of=1_000_000))) == {}
    assert set(held(around(population=met(300, 200, of=1_000)))) == {"popular"}


def test_popularity_alone_asks_a_reviewer_and_acquits_nobody() -> None:
    """It suggests no class: a C&C may hide behind a popular name."""
    hold = held(around(population=met(2_000, 1_500)))["popular"]

    assert (hold.lift, hold.suggests) == (Lift.REVIEWER, None)
    assert "20.0%" in hold.text


def test_a_crowd_with_few_suspects_asks_for_evidence() -> None:
    """Most who meet it are not infected, whichever way the draw fell."""
    holds = held(around(population=met(2_000, 12)))

    assert set(holds) == {"crowd"}
    assert (holds["crowd"].lift, holds["crowd"].suggests) == (Lift.EVIDENCE, SHARED)


def test_a_home_with_few_lines_knows_no_popularity() -> None:
    """Of five lines, one is a fifth: that says nothing."""
    assert held(around(population=met(4, 0, of=5))) == {}


def test_what_hardly_anybody_spoke_with_is_held() -> None:
    """A forged flood makes an innocent server look met by many (R15)."""
    framed = around(population=met(2, 2, tried=400))
    alive = around(population=met(100, 90, tried=400))

    hold = held(framed)["unanswered"]

    assert (hold.lift, hold.suggests) == (Lift.EVIDENCE, None)
    assert "400 lines" in hold.text
    assert held(alive) == {}
    assert held(around(population=met(0, 0, tried=9))) == {}


@given(st.integers(0, 500), st.integers(1, 500))
def test_bounds_lie_about_the_share(part: int, whole: int) -> None:
    """The share lies between its bounds, which lie in 0..1."""
    low, high = wilson(min(part, whole), whole)

    assert 0.0 <= low <= min(part, whole) / whole <= high <= 1.0


def test_bounds_of_nothing_say_nothing() -> None:
    """Without clients any share is possible, and few clients speak against nobody."""
    assert wilson(0, 0) == (0.0, 1.0)
    assert not speaks_against(None, limits())
    assert not speaks_against(met(3, 3), limits())
    assert speaks_against(met(40, 40), limits())
    assert not speaks_against(met(400, 300), limits())
