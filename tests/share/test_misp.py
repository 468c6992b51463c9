"""The list as a MISP feed: bytes of a directory."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

from hypothesis import given

from editioned import DEDICATED, EPOCH, IDENTITIES, Wanted, histories, server, versions_of
from hinomi.model.snapshot import Entry
from hinomi.share.misp import MispFeed, MispProfile

PROFILE: Final = MispProfile(IDENTITIES, hub="hub.example", epoch_days=1)
FIRST_MOMENT: Final = str(EPOCH * 86_400)
SECOND_MOMENT: Final = str((EPOCH + 1) * 86_400)


def feed(history: list[Wanted]) -> MispFeed:
    """Render the feed after *history*."""
    return PROFILE.render_feed(newest(versions_of(history)))


def newest(versions: Iterable[Entry]) -> list[Entry]:
    """Give the last version of each episode."""
    return list({(each.endpoint, each.episode): each for each in versions}.values())


def events(made: MispFeed) -> list[dict[str, Any]]:
    """Give every event, in order of the epochs."""
    read = [json.loads(body)["Event"] for body in made.events.values()]
    return sorted(read, key=lambda each: str(each["date"]))


def test_an_epoch_with_new_listings_is_an_event() -> None:
    """Two epochs with something new are two events; what stays makes none."""
    first, second = server("192.0.2.1"), server("192.0.2.2")
    made = events(feed([{first: DEDICATED}, {first: DEDICATED, second: DEDICATED}, {}]))

    assert [each["date"] for each in made] == ["2026-11-23", "2026-11-24"]
    assert [[its["value"] for its in each["Attribute"]] for each in made] == [
        ["192.0.2.1|443"],
        ["192.0.2.2|443"],
    ]


def test_an_attribute_is_one_address_with_one_port() -> None:
    """Every field of it."""
    (event,) = events(feed([{server(): DEDICATED}]))

    (attribute,) = event["Attribute"]
    assert attribute == {
        "uuid": IDENTITIES.named("misp", "attribute", "2026-11-23", "192.0.2.1|443"),
        "type": "ip-dst|port",
        "category": "Network activity",
        "value": "192.0.2.1|443",
        "to_ids": True,
        "disable_correlation": False,
        "comment": "tcp: dedicated, valid until the epoch 2026-12-02 is over",
        "timestamp": FIRST_MOMENT,
    }


def test_an_event_is_for_the_organisation_that_reads_it() -> None:
    """Distribution, marking and author of an event; its times are of epochs."""
    (event,) = events(feed([{server(): DEDICATED}]))

    assert event["distribution"] == "0"
    assert [each["name"] for each in event["Tag"]] == ["tlp:amber+strict"]
    assert event["Orgc"] == {"name": "hub.example", "uuid": IDENTITIES.named("identity")}
    assert (event["timestamp"], event["publish_timestamp"]) == (FIRST_MOMENT, FIRST_MOMENT)


def test_two_protocols_of_one_port_are_one_attribute() -> None:
    """MISP has no protocol in the value, and takes a value once an event."""
    tcp, udp = server(proto=6), server(proto=17)
    (event,) = events(feed([{tcp: DEDICATED, udp: DEDICATED}, {tcp: DEDICATED}]))

    (attribute,) = event["Attribute"]
    assert attribute["comment"] == (
        "tcp: dedicated, valid until the epoch 2026-12-02 is over; udp: listed no more"
    )
    assert attribute["timestamp"] == SECOND_MOMENT
    assert "deleted" not in attribute


def test_what_ended_is_deleted_and_its_event_is_newer() -> None:
    """A MISP reads the event again and deletes what it holds."""
    (event,) = events(feed([{server(): DEDICATED}, {}]))

    (attribute,) = event["Attribute"]
    assert attribute["deleted"] is True
    assert attribute["comment"] == "tcp: listed no more"
    assert event["timestamp"] == SECOND_MOMENT


def test_hashes_are_of_what_is_listed_alone() -> None:
    """A quick look finds both parts of a value, and nothing that ended."""
    stays, ends = server("192.0.2.1"), server("192.0.2.2", 8443)
    made = feed([{stays: DEDICATED, ends: DEDICATED}, {stays: DEDICATED}])

    (name,) = made.events
    wanted = [hashlib.md5(part).hexdigest() for part in (b"192.0.2.1", b"443")]  # noqa: S324 - MISP's.
    assert made.hashes.decode().splitlines() == [f"{each},{name}" for each in wanted]


@given(histories())
def test_the_manifest_names_every_event_as_it_is(history: Any) -> None:
    """What the manifest tells of an event is what the event tells."""
    made = feed(history)
    manifest = json.loads(made.manifest)

    assert set(manifest) == set(made.events)
    for name, told in manifest.items():
        event = json.loads(made.events[name])["Event"]
        assert told == {each: event[each] for each in told}
        assert event["uuid"] == name


@given(histories())
def test_times_are_of_epochs_and_none_is_a_sighting(history: Any) -> None:
    """Timestamps are whole days; no field tells when something was seen."""
    for event in events(feed(history)):
        for holder in (event, *event["Attribute"]):
            assert int(holder["timestamp"]) % 86_400 == 0
            assert not set(holder) & {"first_seen", "last_seen", "Sighting", "sighting_timestamp"}


def test_an_empty_list_is_an_empty_feed() -> None:
    """A MISP reads it and finds nothing."""
    assert feed([]) == MispFeed(manifest=b"{}", hashes=b"", events={})
