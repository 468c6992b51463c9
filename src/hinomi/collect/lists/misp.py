"""
MISP warning lists: a JSON object whose ``list`` holds CIDRs, or host names, or others.

Only what is an address is kept. Lists of type ``cidr`` hold nothing else; from lists of
other types the rest is counted as host names, or as ``other`` where the list is of hashes
and the like, and regular expressions as ``regex``.

Source:
    github.com/MISP/misp-warninglists, schema.json.
"""

import json
from typing import Any, Final

from hinomi.collect.lists.fields import clean_label, parse_prefix
from hinomi.collect.lists.intake import BadLine, Intake
from hinomi.errors import MalformedDocument
from hinomi.model.listed import ListEntry

_TYPES: Final = {"cidr", "string", "substring", "hostname", "regex"}
_NAMES: Final = {"hostname", "domain", "url", "uri"}


def recognises(text: str) -> bool:
    """Tell a warning list by its fields ``list`` and ``type``."""
    return text.lstrip().startswith("{") and _is_warninglist(_load(text))


def read(text: str, intake: Intake) -> None:
    """Hand every item to *intake*."""
    document = _load(text)
    if not _is_warninglist(document):
        raise MalformedDocument("is no MISP warning list", str(intake.path))
    attributes = document.get("matching_attributes")
    names_hosts = not isinstance(attributes, list) or not _NAMES.isdisjoint(map(str, attributes))
    otherwise = "hostname" if names_hosts else "other"
    label = clean_label(str(document.get("name", "")))
    for position, item in enumerate(document["list"], start=1):
        with intake.line(None, f"item {position}"):
            if not isinstance(item, str):
                raise BadLine("no text where an entry belongs")
            if document["type"] == "regex":
                intake.ignore("regex")
                continue
            try:
                base, length = parse_prefix(item)
            except BadLine:
                if document["type"] == "cidr":
                    raise
                intake.ignore(otherwise)
            else:
                intake.add(ListEntry(base=base, length=length, label=label))


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_warninglist(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("list"), list)
        and str(document.get("type")) in _TYPES
    )
