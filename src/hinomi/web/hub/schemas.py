"""The documents of the hub's API as JSON Schema, for its OpenAPI."""

from typing import Any, Final

from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.protocol import WITH_PORTS, render_protocol
from hinomi.model.snapshot import NUMBER_MOST
from hinomi.model.statement import Band, Sighting
from hinomi.share.private.rounds import ROUND_FORMAT
from hinomi.share.snapshot import FORMAT
from hinomi.share.submission import SIGHTINGS, SUBMISSION

EPOCH_PATTERN: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

BASE64_PATTERN: Final = (
    "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$"
)
"""Source: RFC 4648, section 4."""

_DIGEST: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_EPOCH: Final = {"type": "string", "format": "date", "description": "First day of an epoch."}
_NOTE: Final = {"type": "string", "description": "A signed note (C2SP signed-note)."}
_LISTABLE: Final = sorted(each.value for each in ServiceClass if each.is_listable)
_ENDPOINT: Final[dict[str, Any]] = {
    "address": {
        "type": "string",
        "description": "IPv4, or IPv6 as RFC 5952 writes it.",
        "maxLength": 45,
    },
    "protocol": {"type": "string", "description": "IANA name, lower case.", "maxLength": 32},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
}

_SENT: Final[dict[str, Any]] = {
    **_ENDPOINT,
    "protocol": {"type": "string", "enum": [render_protocol(each) for each in sorted(WITH_PORTS)]},
}


def _closed(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Describe an object that has these fields and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": [each for each in properties if each not in optional],
        "additionalProperties": False,
    }


def _number(least: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": NUMBER_MOST}


SCHEMAS: Final[dict[str, Any]] = {
    "Error": _closed({"error": {"type": "string", "description": "One line: what, and why."}}),
    "Status": _closed(
        {
            "hub": {"type": "string", "description": "Name of the key that signs the list."},
            "epoch": _EPOCH,
            "epoch_days": {"type": "integer", "minimum": 1},
            "spoken_of": {**_EPOCH, "description": "The epoch that batches are of now."},
            "newest": {**_number(0), "description": "Number of the newest list; 0: none yet."},
        }
    ),
    "Head": _closed({"number": _number(1), "head": _NOTE}),
    "Heads": _closed(
        {
            "heads": {"type": "array", "items": {"$ref": "#/components/schemas/Head"}},
            "newest": _number(0),
        }
    ),
    "Count": {
        "description": "A count as it may be told: null where so few speak that it is not.",
        "oneOf": [
            {"type": "null"},
            _closed({"about": {"type": "integer", "minimum": 0}}),
            _closed({"fewer_than": {"type": "integer", "minimum": 3}}),
        ],
    },
    "Figures": _closed(
        {
            "number": _number(1),
            **{
                name: {"type": "integer", "minimum": 0}
                for name in ("listed", "new", "ended", "unique", "compromised", "held")
            },
            "checked": _closed({name: {"type": "integer"} for name in ("right", "wrong")}),
            "stale": {"$ref": "#/components/schemas/Count"},
            **{
                name: {
                    "description": "Counts by name; null where so few speak that none is told.",
                    "type": ["object", "null"],
                }
                for name in ("waited", "sightings", "feedback", "reached")
            },
            "you": {
                "description": "What the list was to the caller; null: to none of its members.",
                "type": ["object", "null"],
                "additionalProperties": {"type": "integer"},
            },
        }
    ),
    "Listing": _closed(
        {
            **_ENDPOINT,
            "port": {"type": "integer", "minimum": 0, "maximum": 65535},
            "class": {"type": "string", "enum": _LISTABLE},
            "valid_until_epoch": _EPOCH,
        }
    ),
    "Snapshot": _closed(
        {
            "format": {"type": "string", "const": FORMAT},
            "hub": {"type": "string"},
            "number": _number(1),
            "epoch": _EPOCH,
            "epoch_days": {"type": "integer", "minimum": 1},
            "previous": _DIGEST,
            "listings": {"type": "array", "items": {"$ref": "#/components/schemas/Listing"}},
        }
    ),
    "Submission": _closed(
        {
            "format": {"type": "string", "const": SUBMISSION},
            "epoch": _EPOCH,
            "findings": {
                "type": "array",
                "items": _closed(
                    {
                        **_SENT,
                        "class": {"type": "string", "enum": _LISTABLE},
                        "band": {"type": "string", "enum": [each.value for each in Band]},
                        "methods": {
                            "type": "array",
                            "items": {"type": "string", "enum": [each.value for each in Method]},
                        },
                        "register": {"type": "string", "pattern": "^[0-9a-f]{8,64}$"},
                    },
                    optional=("class", "band", "methods", "register"),
                ),
            },
        }
    ),
    "Sightings": _closed(
        {
            "format": {"type": "string", "const": SIGHTINGS},
            "epoch": _EPOCH,
            "snapshot": _number(1),
            "sightings": {
                "type": "array",
                "items": _closed(
                    {
                        **_SENT,
                        "sighting": {"type": "string", "enum": [each.value for each in Sighting]},
                    }
                ),
            },
        }
    ),
    "Receipt": _closed(
        {
            "epoch": _EPOCH,
            "digest": _DIGEST,
            "statements": {"type": "integer", "minimum": 0},
            "note": {**_NOTE, "description": "The hub's signed note: it has kept this."},
        }
    ),
    "Round": _closed(
        {
            "format": {"type": "string", "const": ROUND_FORMAT},
            "hub": {"type": "string", "description": "The key that signs the list, in words."},
            "epoch": {**_EPOCH, "description": "Whose findings are compared."},
            "threshold": {"type": "integer", "minimum": 2, "maximum": 6},
            "capacity": {"type": "integer", "minimum": 100, "maximum": 100_000},
            "number": {"type": "integer", "minimum": 1, "maximum": 63},
            "tables_bytes": {
                "type": "integer",
                "minimum": 1,
                "description": "Length of every member's tables.",
            },
        }
    ),
    "TablesReceipt": _closed(
        {
            "epoch": _EPOCH,
            "digest": _DIGEST,
            "note": {**_NOTE, "description": "The hub's signed note: it has kept this."},
        }
    ),
    "Acknowledged": _closed({"number": _number(1)}),
}
"""By name, as routes refer to them."""

SECURITY_SCHEMES: Final[dict[str, Any]] = {
    "certificate": {
        "type": "mutualTLS",
        "description": "The certificate of the member's node, which the hub knows.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token of that node."},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The same token as password; the user's name is not looked at.",
    },
}
SECURITY: Final[list[dict[str, list[str]]]] = [
    {"certificate": [], "bearer": []},
    {"certificate": [], "basic": []},
]
"""A certificate and its token, each time."""
