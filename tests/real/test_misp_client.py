"""PyMISP, MISP's own library, reads the feed."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import httpx
import jsonschema
import pytest
from pymisp import MISPEvent, MISPOrganisation
from pymisp.tools import feed_meta_generator

from editioned import COMPROMISED, DEDICATED, EPOCH, listening, served_hub, server

STAYS: Final = {
    server("192.0.2.1", 443): DEDICATED,
    server("192.0.2.1", 443, 17): DEDICATED,
    server("2001:db8::7", 8443): COMPROMISED,
}
LATER: Final = {server("198.51.100.7", 80): DEDICATED}
GOES: Final = {server("203.0.113.9", 6667): DEDICATED}


@pytest.fixture(name="folder", scope="module")
def a_feed_as_it_was_fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fetch the feed over HTTP into a folder, as a MISP does: manifest first."""
    into = tmp_path_factory.mktemp("feed")
    with served_hub(tmp_path_factory.mktemp("misp") / "hub") as served:
        served.publish({**STAYS, **GOES}, EPOCH)
        served.publish({**STAYS, **LATER}, EPOCH + 1)
        with listening(served) as address:
            asking = httpx.Client(base_url=f"{address}/misp/", auth=("misp", served.token))
            manifest = asking.get("manifest.json")
            (into / "manifest.json").write_bytes(manifest.content)
            for name in (*(f"{each}.json" for each in manifest.json()), "hashes.csv"):
                (into / name).write_bytes(asking.get(name).raise_for_status().content)
    return into


def loaded(folder: Path) -> list[MISPEvent]:
    """Load every event that the manifest names, in order of the epochs."""
    events = []
    for name in json.loads((folder / "manifest.json").read_bytes()):
        event = MISPEvent(strict_validation=True)
        event.load_file(folder / f"{name}.json")
        events.append(event)
    return sorted(events, key=lambda each: each.date)


@pytest.mark.parametrize("schema", ["schema.json", "schema-lax.json"])
def test_every_event_holds_to_the_schemas(folder: Path, schema: str) -> None:
    """Those that PyMISP brings along."""
    rules = json.loads((files("pymisp") / "data" / schema).read_text())
    for event in loaded(folder):
        jsonschema.validate(json.loads((folder / f"{event.uuid}.json").read_text()), rules)


def test_every_event_loads(folder: Path) -> None:
    """An event an epoch, with what was new in it."""
    first, second = loaded(folder)

    assert [each.date.isoformat() for each in (first, second)] == ["2026-11-23", "2026-11-24"]
    assert [each.value for each in first.attributes] == [
        "192.0.2.1|443",
        "203.0.113.9|6667",
        "2001:db8::7|8443",
    ]
    assert [each.value for each in second.attributes] == ["198.51.100.7|80"]
    assert {each.type for each in first.attributes} == {"ip-dst|port"}
    assert [tag.name for tag in first.tags] == ["tlp:amber+strict"]
    assert isinstance(first.Orgc, MISPOrganisation)
    assert first.Orgc.name == "hub.example"


def test_what_ended_arrives_as_deleted(folder: Path) -> None:
    """A MISP that has the attribute deletes it; the rest is for detection."""
    first, _ = loaded(folder)
    deleted = {each.value: bool(getattr(each, "deleted", False)) for each in first.attributes}

    assert deleted == {"192.0.2.1|443": False, "203.0.113.9|6667": True, "2001:db8::7|8443": False}
    assert all(each.to_ids for each in first.attributes)


def test_the_manifest_is_the_one_that_pymisp_makes(folder: Path) -> None:
    """Of the same events, entry by entry."""
    told: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    made = {name: each for event in loaded(folder) for name, each in event.manifest.items()}

    assert set(made) == set(told)
    for name, each in made.items():
        assert _as_text(each) == _as_text(told[name])


def test_the_hashes_are_those_that_pymisp_makes_of_what_is_listed(folder: Path) -> None:
    """Line by line, of the attributes that are not deleted."""
    wanted = [
        f"{made},{event.uuid}"
        for event in loaded(folder)
        for each in event.attributes
        if not getattr(each, "deleted", False)
        for made in each.hash_values("md5")
    ]

    assert (folder / "hashes.csv").read_text().splitlines() == wanted


def test_the_feed_generator_of_pymisp_takes_the_folder(folder: Path, tmp_path: Path) -> None:
    """What it writes beside the events names the same ones; of hashes it keeps the deleted too."""
    for each in folder.glob("*.json"):
        if each.name != "manifest.json":
            (tmp_path / each.name).write_bytes(each.read_bytes())
    feed_meta_generator(tmp_path)

    ours = set((folder / "hashes.csv").read_text().splitlines())
    theirs = set((tmp_path / "hashes.csv").read_text().splitlines())
    assert set(json.loads((tmp_path / "manifest.json").read_text())) == {
        each.uuid for each in loaded(folder)
    }
    assert ours < theirs
    assert len(theirs - ours) == 2  # Address and port of the one that ended.


def test_an_event_goes_out_again_as_it_came(folder: Path) -> None:
    """What PyMISP would write into a feed of its own has our ids and times."""
    for event in loaded(folder):
        again = event.to_feed()["Event"]
        held = json.loads((folder / f"{event.uuid}.json").read_bytes())["Event"]
        assert again["timestamp"] == held["timestamp"]
        assert [each["uuid"] for each in again["Attribute"]] == [
            each["uuid"] for each in held["Attribute"]
        ]


def _as_text(entry: dict[str, Any]) -> dict[str, Any]:
    """Leave out in which of two types numbers stand, and what of a tag is optional."""
    plain = {name: str(each) for name, each in entry.items() if name not in {"Tag", "Orgc"}}
    names = [tag["name"] for tag in entry["Tag"]]
    return {**plain, "Tag": names, "Orgc": dict(entry["Orgc"])}
