"""taxii2-client, the OASIS client, reads the list from a hub that answers on the loopback."""

import threading
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
import stix2
from requests.exceptions import HTTPError
from stix2validator import ValidationOptions, validate_instance, validate_string
from taxii2client.v21 import ApiRoot, Collection, Server, Status, as_pages

from editioned import COMPROMISED, DEDICATED, EPOCH, ServedHub, listening, served_hub, server

DAYS: Final = 3
KEPT: Final = {
    server(address, port, proto): (DEDICATED, COMPROMISED)[port % 2]
    for address in ("192.0.2.1", "198.51.100.7", "2001:db8::7", "2001:db8:1::1:0:0")
    for port, proto in ((443, 6), (8080, 6), (53, 17))
}
GONE: Final = server("203.0.113.9", 6667)

MARKINGS: Final = 2


@pytest.fixture(name="served", scope="module")
def a_hub_with_lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """Give a hub that listed one server and let it go, and lists a dozen others."""
    with served_hub(tmp_path_factory.mktemp("taxii") / "hub") as served:
        served.publish({**KEPT, GONE: DEDICATED}, EPOCH)
        served.publish(KEPT, EPOCH + 1)
        served.publish(KEPT, EPOCH + 7)  # Their validity is renewed by now.
        yield served


@pytest.fixture(name="address", scope="module")
def its_address(served: ServedHub) -> Iterator[str]:
    """Give where it answers."""
    with listening(served) as address:
        yield address


@pytest.fixture(name="collection", scope="module")
def the_collection(served: ServedHub, address: str) -> Collection:
    """Walk from discovery to the collection, as a client does that knows one address."""
    found = Server(f"{address}/taxii2/", user="isp-a", password=served.token)
    assert found.title == "hub.example"
    (root,) = found.api_roots
    assert isinstance(root, ApiRoot)
    assert root.url == found.default.url == f"{address}/taxii2/list/"
    assert root.versions == ["application/taxii+json;version=2.1"]
    assert root.max_content_length == 8 << 20
    (collection,) = root.collections
    assert (collection.can_read, collection.can_write) == (True, False)
    return collection


def objects(envelope: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the objects of an envelope or manifest."""
    found: list[dict[str, Any]] = envelope.get("objects", [])
    return found


@pytest.fixture(name="every", scope="module")
def every_version(collection: Collection) -> list[dict[str, Any]]:
    """Give every version of every object."""
    found = objects(collection.get_objects(version="all"))
    assert len(found) == 2 * len(KEPT) + 2 + 3
    return found


def test_the_collection_can_be_asked_for_itself(collection: Collection) -> None:
    """What the list of collections tells of it, it tells as well."""
    told = collection.title, collection.description
    collection.refresh()

    assert (collection.title, collection.description) == told


@pytest.mark.parametrize("per", range(1, 9))
def test_pages_of_any_size_give_everything_once(collection: Collection, per: int) -> None:
    """Objects and manifest, in the same order."""
    whole = objects(collection.get_objects())
    assert len(whole) == len(KEPT) + 1 + 3
    paged = [each for page in as_pages(collection.get_objects, per) for each in objects(page)]
    listed = [each for page in as_pages(collection.get_manifest, per) for each in objects(page)]

    assert paged == whole
    assert [each["id"] for each in listed] == [each["id"] for each in whole]


def test_filters_are_kept_from_page_to_page(collection: Collection) -> None:
    """The client repeats its filters beside the cursor."""
    pages = as_pages(collection.get_objects, 2, type="indicator", version=["first", "last"])
    found = [each for page in pages for each in objects(page)]

    assert len(found) == 2 * len(KEPT) + 2
    assert {each["type"] for each in found} == {"indicator"}


def test_added_after_gives_what_an_epoch_changed(collection: Collection) -> None:
    """A client that was here before the second list learns what ended, and what was renewed."""
    since = objects(collection.get_objects(added_after="2026-11-23T00:00:00.000Z"))
    ended = [each for each in since if each.get("revoked")]

    assert [each["name"] for each in ended] == ["C&C 203.0.113.9 tcp/6667"]
    assert len(since) == len(KEPT) + 1
    assert not objects(collection.get_objects(added_after="2026-11-30T00:00:00.000Z"))


def test_one_object_and_its_versions(collection: Collection, every: list[dict[str, Any]]) -> None:
    """By id: the newest version, all of them, and their dates."""
    for name in {each["id"] for each in every}:
        held = [each for each in every if each["id"] == name]
        dates = [each.get("modified", each["created"]) for each in held]
        assert objects(collection.get_object(name)) == held[-1:]
        assert objects(collection.get_object(name, version="all")) == held
        assert objects(collection.get_object(name, version=dates[0])) == held[:1]
        assert collection.object_versions(name)["versions"] == dates


def test_a_list_that_comes_in_between_does_not_disturb_a_walk(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The client reads the snapshot that it began, to its end."""
    with served_hub(tmp_path_factory.mktemp("walk") / "hub") as served:
        served.publish(KEPT, EPOCH)
        with listening(served) as address:
            root = ApiRoot(f"{address}/taxii2/list/", user="x", password=served.token)
            (collection,) = root.collections
            before = objects(collection.get_objects())
            pages = as_pages(collection.get_objects, 2)
            found = objects(next(pages))
            served.publish({}, EPOCH + 1)
            for page in pages:
                found += objects(page)

            assert found == before
            assert all(each.get("revoked") for each in objects(collection.get_objects())[3:])


def test_nothing_is_added_and_there_is_no_status(
    served: ServedHub, address: str, collection: Collection
) -> None:
    """The client itself does not even try to write; the status of nothing is not found."""
    with pytest.raises(Exception, match="does not allow writing"):
        collection.add_objects({"objects": []})
    with pytest.raises(Exception, match="does not allow writing"):
        collection.delete_object("indicator--1")
    url = f"{address}/taxii2/list/status/00000000-0000-4000-8000-000000000000/"
    with pytest.raises(HTTPError, match="404"):
        Status(url, user="isp-a", password=served.token)


def test_a_client_with_a_wrong_password_is_refused(address: str) -> None:
    """401, as the client understands it."""
    with pytest.raises(HTTPError, match="401"):
        _ = Server(f"{address}/taxii2/", user="isp-a", password="wrong").title  # noqa: S106


def test_the_server_sends_no_time(served: ServedHub, address: str) -> None:
    """On the wire: neither Date nor Server, nor any other header that could tell."""
    found = httpx.get(f"{address}/taxii2/", auth=("isp-a", served.token))

    assert found.status_code == 200
    assert set(found.headers) == {"content-type", "content-length", "cache-control"}


def test_stix2_parses_every_object(every: list[dict[str, Any]]) -> None:
    """The OASIS library takes each, strictly."""
    for each in every:
        parsed = stix2.parse(each, allow_custom=False)
        assert parsed["id"] == each["id"]


@pytest.mark.parametrize("strict", [False, True])
def test_the_validator_has_nothing_to_say(every: list[dict[str, Any]], *, strict: bool) -> None:
    """stix2-validator 3.2.0: no error, and no warning either, of any object."""
    options = ValidationOptions(version="2.1", strict=strict, strict_types=strict)
    said = {
        each["id"]: [str(line) for line in (*found.errors, *found.warnings)]
        for each in every
        for found in [validate_instance(each, options)]
        if found.errors or found.warnings or not found.is_valid
    }

    assert said == {}
    kinds = {
        ("ipv6-addr" in each["pattern"], "'udp'" in each["pattern"], each.get("revoked", False))
        for each in every
        if each["type"] == "indicator"
    }
    assert kinds >= {(v6, udp, False) for v6 in (False, True) for udp in (False, True)}
    assert (False, False, True) in kinds


def test_the_validator_takes_the_bytes_of_an_envelope(served: ServedHub, address: str) -> None:
    """The text as it came, put into a bundle as clients keep it."""
    root = f"{address}/taxii2/list/collections/"
    asking = httpx.Client(auth=("isp-a", served.token))
    (found,) = asking.get(root).json()["collections"]
    body = asking.get(f"{root}{found['id']}/objects/").text
    at = body.index('"objects":')
    bundle = f'{{"type":"bundle","id":"bundle--{found["id"]}",{body[at:]}'

    made = validate_string(bundle, ValidationOptions(version="2.1"))
    assert made.is_valid
    assert not [*made.errors, *made.warnings]


def test_many_clients_read_at_once(served: ServedHub, address: str) -> None:
    """Each walks in pages of its own size, and all get the same."""
    found: list[list[str]] = []

    def walk(per: int) -> None:
        root = ApiRoot(f"{address}/taxii2/list/", user="x", password=served.token)
        (collection,) = root.collections
        pages = as_pages(collection.get_objects, per)
        found.append([each["id"] for page in pages for each in objects(page)])

    threads = [threading.Thread(target=walk, args=(per,)) for per in range(1, 7)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(found) == 6
    assert all(each == found[0] for each in found)
