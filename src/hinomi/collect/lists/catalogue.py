"""The list formats hinomi reads, and the one way into them."""

import gzip
import hashlib
import json
import zlib
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from hinomi.collect.lists import (
    c2intelfeeds,
    carbonblack,
    feodo,
    foxit,
    misp,
    plain_csv,
    plain_text,
    stix,
    threatfox,
)
from hinomi.collect.lists.intake import Intake, ListFormat, collapse
from hinomi.errors import MalformedDocument, NotFound, UsageError
from hinomi.model.listed import ListEntry, ListKind

MOST_BYTES: Final = 1 << 28
"""A list is read whole; beyond this, decompressed, it is no list but a mistake."""

FORMATS: Final = tuple(
    ListFormat(name=name, recognises=module.recognises, read=module.read)
    for name, module in (
        ("c2intelfeeds", c2intelfeeds),
        ("feodo", feodo),
        ("threatfox", threatfox),
        ("carbonblack", carbonblack),
        ("fox-it", foxit),
        ("misp", misp),
        ("stix", stix),
        ("csv", plain_csv),
        ("text", plain_text),
    )
)
"""In the order in which they are tried: the particular ones before the plain ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedList:
    """What a list file holds."""

    entries: tuple[ListEntry, ...]  # Each service or prefix once, in the order of the file.
    ignored: Counter[str]  # Well formed but not kept, by reason; ``duplicate`` among them.
    malformed: int  # Bad lines left out; 0 unless good ones were to be kept.
    format: str
    sha256: str  # Of the file as it lies on disk, hex.


def parse_list(path: Path, kind: ListKind, format_name: str | None, keep_good: bool) -> ParsedList:  # noqa: FBT001 - the operator's own switch.
    """
    Read the list file at *path*, plain or gzip-compressed.

    Args:
        path: The file.
        kind: What the list says of its entries: how wide a prefix may be depends on it.
        format_name: One of `FORMATS`; None: told from the content.
        keep_good: Count bad lines and go on, instead of stopping.

    Raises:
        NotFound: If the file cannot be read.
        UsageError: If there is no format of that name.
        MalformedDocument: If it is of no known format or not of the one named, has a
            bad line and good ones are not kept, or holds no entry.
    """
    raw = _read_bytes(path)
    text = _decode(_decompress(raw, path), path)
    intake = Intake(path, kind, keep_good=keep_good)
    form = _named(format_name) if format_name is not None else _detected(text, path)
    form.read(text, intake)
    entries, duplicates = collapse(intake.entries)
    if duplicates:
        intake.ignore("duplicate", duplicates)
    if not entries:
        raise MalformedDocument(_why_empty(intake), str(path))
    return ParsedList(
        entries=entries,
        ignored=intake.ignored,
        malformed=intake.malformed,
        format=form.name,
        sha256=hashlib.sha256(raw).hexdigest(),
    )


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotFound(f"{path}: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise MalformedDocument("is too long for a list (256 MiB)", str(path))
    return raw


def _decompress(raw: bytes, path: Path) -> bytes:
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    plain = bytearray()
    try:
        with gzip.GzipFile(fileobj=BytesIO(raw)) as file:
            while part := file.read(1 << 20):
                plain += part
                if len(plain) > MOST_BYTES:
                    raise MalformedDocument("is too long for a list (256 MiB)", str(path))
    except EOFError:
        raise MalformedDocument("the compressed file is cut short", str(path)) from None
    except (gzip.BadGzipFile, zlib.error):
        raise MalformedDocument("the compressed file is damaged", str(path)) from None
    return bytes(plain)


def _decode(plain: bytes, path: Path) -> str:
    if b"\x00" in plain:
        raise MalformedDocument("is no text in UTF-8 but binary data", str(path))
    try:
        text = plain.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = plain.count(b"\n", 0, error.start) + 1
        raise MalformedDocument("is no text in UTF-8", str(path), line) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _named(name: str) -> ListFormat:
    for form in FORMATS:
        if form.name == name:
            return form
    names = ", ".join(form.name for form in FORMATS)
    raise UsageError(f"no list format of this name; there are {names}")


def _detected(text: str, path: Path) -> ListFormat:
    for form in FORMATS:
        if form.recognises(text):
            return form
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.split("\n")):
        raise MalformedDocument("holds no entry", str(path))
    if text.lstrip().startswith(("{", "[")):
        _refuse_json(text, path)
    raise MalformedDocument(
        "is of no known list format: its first line is neither a known header nor an address",
        str(path),
    )


def _refuse_json(text: str, path: Path) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        raise MalformedDocument("is no valid JSON", str(path), error.lineno) from None
    except (ValueError, RecursionError):
        raise MalformedDocument("is no valid JSON", str(path)) from None
    raise MalformedDocument("is JSON, but no STIX bundle and no MISP warning list", str(path))


def _why_empty(intake: Intake) -> str:
    others = [f"{count} {reason}" for reason, count in sorted(intake.ignored.items())]
    if intake.malformed:
        others.append(f"{intake.malformed} malformed")
    return "holds no entry" + (f" (but {', '.join(others)})" if others else "")
