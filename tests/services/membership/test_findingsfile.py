"""A file of findings goes past nobody: neither past a privacy officer nor to reserved addresses."""

from pathlib import Path

import pytest

from docket import OWN, own_line, run, seen, stated, tell
from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.address import parse_address
from hinomi.model.case import CaseState, Finding, ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.service import Service
from hinomi.model.statement import Endpoint, Statement
from hinomi.services.approvals import approve as approve_request
from hinomi.services.casework import decide
from hinomi.services.home import Home
from hinomi.services.mandates import Operation
from hinomi.services.membership.findingsfile import first_refused, read_findings
from hinomi.services.own import reveal_case
from hinomi.services.publishing import approve, withdraw
from household import Household

HEADER = "address,protocol,port"
FINE = "203.0.113.9,tcp,443"


def read(home: Home, folder: Path, *rows: str) -> tuple[Statement, ...]:
    """Read a file of some rows."""
    path = folder / "findings.csv"
    path.write_text("\n".join((HEADER, *rows)) + "\n", "utf-8")
    return read_findings(home, home.mandate(Operation.SUBMIT), path)


def test_servers_elsewhere_are_read_in_order(house: Household, tmp_path: Path) -> None:
    """Addresses of nobody as well: made-up worlds live there, and the hub knows its own."""
    found = read(house.home(), tmp_path, FINE, "", "198.51.100.1,udp,53", "240.0.0.1,tcp,1")

    assert [str(each.endpoint) for each in found] == [
        "198.51.100.1 udp/53", "203.0.113.9 tcp/443", "240.0.0.1 tcp/1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("0.0.0.1", "this network"),
        ("10.1.2.3", "private use"),
        ("100.64.0.1", "behind carriers' NAT"),
        ("127.0.0.1", "loopback"),
        ("169.254.0.1", "link-local"),
        ("192.168.7.7", "private use"),
        ("224.0.0.1", "multicast"),
        ("::1", "loopback"),
        ("fe80::1", "link-local"),
        ("ff02::1", "multicast"),
    ],
)
def test_what_is_nobodys_server_is_refused_with_its_line(
    house: Household, tmp_path: Path, address: str, reason: str
) -> None:
    """As a case there is never listed (RFC 6890); the address itself is not repeated."""
    with pytest.raises(MalformedDocument, match=reason) as caught:
        read(house.home(), tmp_path, FINE, "", f"{address},tcp,443")

    assert (caught.value.line, caught.value.exit_code) == (4, 65)
    assert address not in str(caught.value).replace(str(tmp_path), "")


def test_an_own_server_is_refused_with_its_line(house: Household, tmp_path: Path) -> None:
    """The first one in the file, whatever the order of the addresses: it is on somebody's line."""
    with pytest.raises(MalformedDocument, match=r"own network.*privacy officer") as caught:
        read(house.home(), tmp_path, FINE, f"{OWN},tcp,443", "192.0.2.1,tcp,443")

    assert caught.value.line == 3
    assert OWN not in str(caught.value)


def own_case_listed(house: Household) -> int:
    """Let two people and a privacy officer let out a server in the own network."""
    home = house.act_as("anna")
    own = Service(own_line(home), 6, 443, own=True)
    tell(home, *(stated(house, how, service=own) for how in (Method.HONEYPOT, Method.MALWARE)))
    run(home, seen(house, of=own))
    with home.casebook() as casebook:
        (number,) = [each.id for each in casebook.cases.in_states((CaseState.CANDIDATE,))]
    for who in ("anna", "rita"):
        kind = ServiceClass.COMPROMISED
        decide(house.act_as(who), number, Finding.CC, "samples report", service_class=kind)
    request = reveal_case(house.act_as("anna"), number, "it harms others")
    approve_request(house.act_as("olga"), request)
    approve(house.act_as("olga"), number)
    house.act_as("anna")
    return number


def test_an_own_server_that_a_privacy_officer_let_out_goes(
    house: Household, tmp_path: Path
) -> None:
    """As long as its case is listed, and by its very port."""
    number = own_case_listed(house)
    assert len(read(house.home(), tmp_path, FINE, f"{OWN},tcp,443")) == 2
    with pytest.raises(MalformedDocument, match="own network"):
        read(house.home(), tmp_path, f"{OWN},tcp,8443")

    withdraw(house.act_as("rita"), number, "it was cleaned", gone=True)
    with pytest.raises(MalformedDocument, match="own network"):
        read(house.act_as("anna"), tmp_path, f"{OWN},tcp,443")


def test_who_is_refused_is_told_by_place(house: Household) -> None:
    """None of these may be named; none is named in the answer."""
    home = house.home()
    mandate = home.mandate(Operation.SUBMIT)
    fine, wrong = (Endpoint(parse_address(each), 6, 1) for each in ("203.0.113.1", "127.0.0.1"))

    assert first_refused(home, mandate, [fine, fine]) is None
    refused = first_refused(home, mandate, [fine, wrong, wrong])
    assert refused is not None
    assert refused[0] == 1


def test_a_file_that_is_not_there_is_not_found(house: Household, tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(NotFound, match="absent"):
        read_findings(house.home(), house.home().mandate(Operation.SUBMIT), tmp_path / "absent.csv")
