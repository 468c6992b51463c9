"""What the description says of documents is what the documents are."""

import json

import jsonschema_rs
import pytest

from hinomi.model.statement import Sighting, SightingStatement
from hinomi.web.hub.running import Hub
from hinomi.web.hub.schemas import BASE64_PATTERN, SCHEMAS
from openhub import Node, asking, endpoint, findings, sightings


def fits(name: str, document: object) -> bool:
    """Tell whether *document* is what the schema called *name* describes."""
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    return bool(jsonschema_rs.is_valid(whole, document))


def test_documents_of_members_fit(hub: Hub) -> None:
    """As a node renders them."""
    seen = SightingStatement(endpoint=endpoint(1), sighting=Sighting.CONFIRMED)

    assert fits("Submission", json.loads(findings(20_000)))
    assert fits("Sightings", json.loads(sightings(20_000, seen)))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/hub", "Status"),
        ("/v1/snapshots", "Heads"),
        ("/v1/snapshots/latest", "Head"),
        ("/v1/snapshots/1/listings.json", "Snapshot"),
    ],
)
def test_documents_of_the_hub_fit(hub: Hub, node: Node, path: str, name: str) -> None:
    """As they are given."""
    with asking(hub, node) as client:
        assert fits(name, client.get(path).json())


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_document_has_a_further_field(name: str) -> None:
    """R4: what is no field cannot be sent or given."""
    forms = SCHEMAS[name].get("oneOf", [SCHEMAS[name]])
    assert all(form["additionalProperties"] is False for form in forms if form["type"] == "object")
    assert not fits(name, {"seen_at": "2026-01-01T00:00:00Z"})


@pytest.mark.parametrize("field", ["first_seen", "clients", "asn", "comment"])
def test_a_finding_has_no_further_field(field: str) -> None:
    """Nor has one of its parts."""
    document = json.loads(findings(20_000))
    document["findings"][0][field] = 1

    assert not fits("Submission", document)


def test_base64_is_described() -> None:
    """Whole groups of four, filled up at the end."""
    pattern = {"type": "string", "pattern": BASE64_PATTERN}

    assert all(
        jsonschema_rs.is_valid(pattern, each) for each in ("QQ==", "QUE=", "QUFB", "QUFBQQ==")
    )
    assert not any(
        jsonschema_rs.is_valid(pattern, each) for each in ("", "Q", "QQ=", "QQ==QQ==", "?")
    )
