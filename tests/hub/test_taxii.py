"""What a TAXII server says of itself, and which media types it takes."""

import json

import pytest

from hinomi.hub.taxii import accepts, is_sent, render_error, render_resources

RESOURCES = render_resources(
    hub="hub.example", collection_id="an-id", max_content_length=8, page=2000
)


def test_discovery_leads_to_the_one_api_root() -> None:
    """The address is relative: it is right by whatever name the hub was reached."""
    found = json.loads(RESOURCES.discovery)

    assert found["title"] == "hub.example"
    assert found["default"] == "/taxii2/list/"
    assert found["api_roots"] == ["/taxii2/list/"]


def test_the_api_root_speaks_taxii_2_1() -> None:
    """Its version and the longest request stand in it."""
    found = json.loads(RESOURCES.api_root)

    assert found["versions"] == ["application/taxii+json;version=2.1"]
    assert found["max_content_length"] == 8


def test_the_collection_is_for_reading_alone() -> None:
    """The list of collections has the same one as its own resource."""
    found = json.loads(RESOURCES.collection)

    assert json.loads(RESOURCES.collections) == {"collections": [found]}
    assert (found["id"], found["can_read"], found["can_write"]) == ("an-id", True, False)
    assert found["media_types"] == ["application/stix+json;version=2.1"]


def test_an_error_says_its_status_as_text() -> None:
    """As the error resource wants it (TAXII 2.1, 3.6.1)."""
    assert json.loads(render_error(404, "no collection has this id")) == {
        "title": "Not Found",
        "description": "no collection has this id",
        "http_status": "404",
    }


@pytest.mark.parametrize(
    "header",
    [
        None,
        "application/taxii+json;version=2.1",
        "application/taxii+json; version=2.1",
        "application/taxii+json",
        'Application/TAXII+json;version="2.1"',
        "text/html, application/taxii+json;version=2.1;q=0.5",
        "*/*",
        "application/*;q=0.1",
        "application/taxii+json;q=x",
        "application/taxii+json;version=2.1, */*;q=0",
        "application/taxii+json;q=0, application/taxii+json;version=2.1;q=0.1",
        "application/taxii+json;version=2.0;q=0, */*",
        "application/*, */*;q=0",
        "*/*;q=0, */*",
    ],
)
def test_these_take_taxii_2_1(header: str | None) -> None:
    """With the version, without it, among others, or anything at all."""
    assert accepts(header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "application/json",
        "text/html",
        "application/taxii+json;version=2.0",
        "application/vnd.oasis.taxii+json;version=2.0",
        "application/taxii+json;version=2.1;q=0",
        "*/*;q=0.0",
        "application/taxii+json;q=0, */*",
        "*/*, application/taxii+json;q=0",
        "application/taxii+json;version=2.1;q=0, application/taxii+json",
        "application/*;q=0, */*",
        "application",
    ],
)
def test_these_do_not_take_taxii_2_1(header: str) -> None:
    """Another version, another type, or a weight of nothing."""
    assert not accepts(header)


@pytest.mark.parametrize(
    ("header", "is_taxii"),
    [
        ("application/taxii+json;version=2.1", True),
        ("application/taxii+json", True),
        ("application/stix+json;version=2.1", False),
        ("*/*", False),
        ("", False),
        (None, False),
    ],
)
def test_what_is_sent_is_taxii_or_not(header: str | None, *, is_taxii: bool) -> None:
    """A wildcard is no type of what one sends."""
    assert is_sent(header) is is_taxii
