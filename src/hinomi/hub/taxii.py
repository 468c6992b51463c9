"""
TAXII 2.1: its resources, its media types, its errors. What stands in the collection is elsewhere.

Source:
    TAXII Version 2.1, OASIS Standard (2021-06-10): sections 1.6.8 (content negotiation), 3.6
    (errors), 4 (discovery, API root, status), 5 (collections).
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from hinomi.share.canonical import render_canonical
from hinomi.share.stix import MEDIA_TYPE as STIX_MEDIA_TYPE

MEDIA_TYPE: Final = "application/taxii+json;version=2.1"

DISCOVERY: Final = "/taxii2/"
API_ROOT: Final = f"{DISCOVERY}list/"

_VERSION: Final = "2.1"
_TYPE: Final = "application/taxii+json"
_WILDCARDS: Final = ("*/*", "application/*")
"""Ranges that hold every type of theirs; the later names fewer."""

NO_WRITING: Final = (
    "nothing is added or deleted here: members' submissions are signed and bear no times, and go "
    "to /v1/epochs/{day}/submission; what is wrong is told as a sighting and ends with an epoch"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxiiResources:
    """The documents that say what there is; none changes with the list."""

    discovery: bytes
    api_root: bytes
    collections: bytes
    collection: bytes
    collection_id: str
    max_content_length: int  # Bytes.


def render_resources(
    *, hub: str, collection_id: str, max_content_length: int, page: int
) -> TaxiiResources:
    """
    Render the documents that say what there is.

    Args:
        hub: What it is called, such as ``hub.example``.
        collection_id: UUID of the one collection.
        max_content_length: Most bytes of a request.
        page: Most objects of an answer.
    """
    collection: dict[str, object] = {
        "id": collection_id,
        "title": "C&C servers",
        "description": (
            "Botnet C&C servers as STIX indicators: address, protocol, port, class, validity. "
            "TLP:AMBER+STRICT. Every date, date_added among them, is the first moment of an epoch "
            f"of the list. At most {page} objects are given at a time."
        ),
        "can_read": True,
        "can_write": False,
        "media_types": [STIX_MEDIA_TYPE],
    }
    return TaxiiResources(
        discovery=render_canonical(
            {
                "title": hub,
                "description": "Hub of the list of botnet C&C servers, for its members",
                # Relative (TAXII 2.1, 4.1.1): the hub need not know by what name it was reached.
                "default": API_ROOT,
                "api_roots": [API_ROOT],
            }
        ),
        api_root=render_canonical(
            {
                "title": f"List of {hub}",
                "description": "One collection, published once an epoch",
                "versions": [MEDIA_TYPE],
                "max_content_length": max_content_length,
            }
        ),
        collections=render_canonical({"collections": [collection]}),
        collection=render_canonical(collection),
        collection_id=collection_id,
        max_content_length=max_content_length,
    )


def render_error(status: int, description: str) -> bytes:
    """Render the error resource of an answer with HTTP *status*."""
    document = {
        "title": HTTPStatus(status).phrase,
        "description": description,
        "http_status": str(status),
    }
    return render_canonical(document)


def accepts(header: str | None) -> bool:
    """
    Tell whether a client takes TAXII 2.1, by its Accept header; without one it takes anything.

    Source:
        RFC 9110, section 12.5.1; TAXII 2.1, section 1.6.8: without a version it is the newest.
    """
    if header is None:
        return True
    found = [_range(each) for each in header.split(",")]
    # What is said of this very type counts, whatever is said of all others.
    return max((each for each in found if each is not None), default=(0, False))[1]


def is_sent(header: str | None) -> bool:
    """Tell whether what a client sends is TAXII 2.1, by its Content-Type header."""
    if header is None:
        return False
    kind, parameters = _parse(header)
    return kind == _TYPE and parameters.get("version", _VERSION) == _VERSION


def _range(media: str) -> tuple[int, bool] | None:
    """Tell how closely a media range names TAXII 2.1, and whether it is wanted; None: it does not.

    What names it more closely is greater, and of two alike what is wanted.
    """
    kind, parameters = _parse(media)
    is_wanted = _weighs(parameters.get("q", "1"))
    if kind != _TYPE:
        return (_WILDCARDS.index(kind), is_wanted) if kind in _WILDCARDS else None
    if parameters.get("version", _VERSION) != _VERSION:
        return None
    return (len(_WILDCARDS) + ("version" in parameters), is_wanted)


def _parse(media: str) -> tuple[str, dict[str, str]]:
    """Give a media type or range in lower case, and its parameters by name."""
    kind, *rest = (part.strip() for part in media.split(";"))
    pairs = (part.partition("=") for part in rest)
    return kind.lower(), {
        name.strip().lower(): value.strip().strip('"') for name, _, value in pairs
    }


def _weighs(quality: str) -> bool:
    """Tell whether a client wants a media type at all: it does not where the weight is 0."""
    try:
        return float(quality) > 0
    except ValueError:
        return True
