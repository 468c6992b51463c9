"""C2IntelFeeds lists."""

from pathlib import Path

import pytest

from hinomi.collect.lists.c2intelfeeds import read, recognises
from hinomi.collect.lists.intake import Intake
from hinomi.errors import MalformedDocument
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind, Role

IOC = "Possible Cobaltstrike C2 IP"


def test_addresses_with_ports() -> None:
    """The transport is not stated; the words of the feed are the label."""
    assert parsed(f"#ip,port,ioc\n192.0.2.1,443,{IOC}\n").entries == [
        ListEntry(base=parse_address("192.0.2.1"), port=443, role=Role.C2, label=IOC)
    ]


def test_addresses_alone() -> None:
    """Any port."""
    assert parsed(f"#ip,ioc\n192.0.2.1,{IOC}\n").entries == [
        ListEntry(base=parse_address("192.0.2.1"), role=Role.C2, label=IOC)
    ]


def test_what_is_not_called_c2_has_no_role() -> None:
    """The unverified lists name remote control of other kinds as well."""
    entries = parsed("#ip,port,ioc\n192.0.2.1,443,Possible ScreenConnect IP (Unverified)\n").entries

    assert [entry.role for entry in entries] == [Role.UNKNOWN]


def test_domains_with_an_address_are_kept_by_it() -> None:
    """The name itself is nothing for a list of addresses; one without an address is counted."""
    taken = parsed(
        "#domain,ioc,uri_path,ip\n"
        "a.example,Possible C2 Domain,/x,192.0.2.1\n"
        "b.example,Possible C2 Domain,/y,\n"
    )

    assert [entry.base for entry in taken.entries] == [parse_address("192.0.2.1")]
    assert taken.ignored == {"hostname": 1}


def test_domains_without_addresses_are_all_counted() -> None:
    """The header has no column for them."""
    taken = parsed("#domain,ioc\na.example,x\nb.example,x\n")

    assert (taken.entries, taken.ignored) == ([], {"hostname": 2})


def test_dns_servers_are_listed_at_their_port() -> None:
    """Several stand in one field, separated by spaces."""
    taken = parsed(
        "#domain,ioc,IPs,C2Domains\n"
        '"a.example","DNS C2 Domain","192.0.2.1 192.0.2.2","n.a.example"\n'
    )

    assert [(e.base, e.proto, e.port) for e in taken.entries] == [
        (parse_address("192.0.2.1"), 17, 53),
        (parse_address("192.0.2.2"), 17, 53),
    ]


def test_a_bad_line_is_named() -> None:
    """Also where the address is one of several."""
    with pytest.raises(MalformedDocument, match="line 3"):
        parsed(f"#ip,port,ioc\n192.0.2.1,443,{IOC}\n192.0.2.1,0,{IOC}\n")


def test_other_headers_are_not_this_format() -> None:
    """A named format is held to its header."""
    assert recognises("#ip,port,ioc\n")
    assert not recognises("ip,port,ioc\n")
    assert not recognises("# ip list\n192.0.2.1\n")
    with pytest.raises(MalformedDocument, match="no header of a c2intelfeeds list"):
        parsed("#ip,port\n192.0.2.1,80\n")


def parsed(text: str) -> Intake:
    """Read *text* as a list of known C&C."""
    intake = Intake(Path("feed.csv"), ListKind.KNOWN_CC, keep_good=False)
    read(text, intake)
    return intake
