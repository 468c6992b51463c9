"""What lists, honeypots and people say at the hub."""

from pathlib import Path

import pytest

from hinomi.errors import UsageError
from hinomi.hub.servers import Columns, Servers
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.listed import ListKind
from hinomi.model.service import Service
from hinomi.services.evidencing import Brought, add_finding, import_evidence
from hinomi.services.hub.testimony import Others, others_say, voices_of
from hubdesks import Desk
from hubs import server

ONE = server(1)


@pytest.fixture(name="desk")
def a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make a hub with people."""
    return Desk.staffed(tmp_path / "hub", monkeypatch)


def told(desk: Desk) -> Others:
    """Read what others say."""
    home = desk.house.home()
    with home.casebook() as casebook:
        return others_say(home, casebook, desk.today)


def shares(desk: Desk) -> list[tuple[str, float, bool]]:
    """Give source, share and side of each voice on the first server."""
    found = told(desk)
    names = sorted(found.methods())
    voices, _ = voices_of(
        found,
        Servers(Columns.of([ONE])),
        {name: place for place, name in enumerate(names)},
        today=desk.today,
        most_days=90,
        address_share=0.4,
    )
    rows = zip(voices.source.tolist(), voices.share.tolist(), voices.is_for.tolist(), strict=True)
    return sorted((names[source], round(share, 4), is_for) for source, share, is_for in rows)


def test_everything_is_heard_of_whoever_says_it(desk: Desk) -> None:
    """Lists by port or by address, evidence for and against."""
    desk.lists(ListKind.KNOWN_CC, "by-port", "198.51.100.1,tcp,443", "198.51.100.1,tcp,80")
    desk.lists(ListKind.KNOWN_CC, "by-address", "198.51.100.1", "198.51.100.9")
    desk.knows(ONE)
    desk.knows(ONE, Method.MALWARE, "lab", claim=Claim.BENIGN)
    desk.knows(ONE, Method.DARKNET, "dark", any_port=True)

    assert shares(desk) == [
        ("by-address", 0.4, True),
        ("by-port", 1.0, True),
        ("dark", 0.4, True),
        ("lab", 1.0, False),
        ("pots", 1.0, True),
    ]


def test_what_ages_counts_less_and_at_last_nothing(desk: Desk) -> None:
    """What speaks against does not age, and what lies in the future is not heard yet."""
    desk.knows(ONE, source="new", observed_day=desk.today)
    desk.knows(ONE, source="old", observed_day=desk.today - 45)
    desk.knows(ONE, source="too-old", observed_day=desk.today - 91)
    desk.knows(ONE, source="tomorrow", observed_day=desk.today + 1)
    desk.knows(ONE, source="against", observed_day=desk.today - 300, claim=Claim.SHARED)

    assert shares(desk) == [("against", 1.0, False), ("new", 1.0, True), ("old", 0.75, True)]


def test_what_a_source_said_last_replaces_what_it_said_before(desk: Desk) -> None:
    """Of the same thing."""
    desk.knows(ONE, observed_day=desk.today - 3)
    desk.knows(ONE, observed_day=desk.today, claim=Claim.GONE)

    assert shares(desk) == [("pots", 1.0, False)]


def test_half_sure_is_half_as_much(desk: Desk) -> None:
    """And a coin says nothing."""
    desk.knows(ONE, source="half", strength=0.75)
    desk.knows(ONE, source="coin", strength=0.5)

    assert shares(desk) == [("coin", 0.0, True), ("half", 0.5, True)]


def test_nobody_speaks_in_the_name_of_a_member(desk: Desk) -> None:
    """Whatever a file calls its source; traits of an address and flow are no words either."""
    desk.knows(ONE, source="member:isp-a")
    desk.lists(ListKind.KNOWN_CC, "member:isp-b", "198.51.100.1,tcp,443")
    desk.knows(ONE, Method.PASSIVE_DNS, "names", claim=Claim.SUPPORT)
    desk.knows(ONE, Method.FLOW, "flow")

    assert told(desk).words == ()


def test_evidence_is_brought_to_a_hub_as_to_a_provider(desk: Desk, tmp_path: Path) -> None:
    """By file or by a person; it opens no case there, since a hub has none."""
    path = tmp_path / "sandbox.csv"
    path.write_text(f"sample,address,port,seen\n{'a' * 64},198.51.100.1,443,2026-11-22\n")
    taken = import_evidence(desk.as_("anna"), path, Brought(source="sandbox"))
    finding = Evidence(
        service=Service(ONE.address, ONE.proto, ONE.port), method=Method.ANALYST, source="anna",
        claim=Claim.CC, observed_day=desk.today,
    )  # fmt: skip
    added = add_finding(desk.as_("anna"), finding, "seized with the police")

    assert (taken.new, taken.opened, added.new, added.opened) == (1, (), 1, ())
    assert {(each.source, each.method) for each in told(desk).words} == {
        ("sandbox", Method.MALWARE),
        ("person:anna", Method.ANALYST),
    }
    with pytest.raises(UsageError, match="cannot be called"):
        import_evidence(desk.as_("anna"), path, Brought(source="member:isp-a"))


def test_lists_alone_name_no_server_to_weigh(desk: Desk) -> None:
    """There are a hundred thousand of them, and lists are one method."""
    desk.lists(ListKind.KNOWN_CC, "feed", "198.51.100.1,tcp,443")
    desk.knows(server(2))
    desk.knows(server(3), any_port=True)

    assert told(desk).exact().keys().tolist() == Columns.of([server(2)]).keys().tolist()
    assert set(told(desk).evidence) == {server(2).address, server(3).address}
