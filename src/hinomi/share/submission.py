"""
What members send to the hub, as documents: findings and sightings, and no field beside them.

The schema is the rule (R4): what is not a field here is refused, whoever sends it. Of findings
the default profile is *minimal*, address, protocol and port; each judgement beside them is
refused as well until the register turns it on.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Annotated, Any, Final, Self, TypeVar

import msgspec

from hinomi.errors import MalformedDocument
from hinomi.govern.parameters import Register
from hinomi.model.address import parse_address, render_address
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.listing import parse_epoch, render_epoch
from hinomi.model.protocol import PORT_MOST, WITH_PORTS, parse_protocol, render_protocol
from hinomi.model.snapshot import NUMBER_MOST
from hinomi.model.statement import Band, Endpoint, Sighting, SightingStatement, Statement
from hinomi.share.canonical import render_canonical, require_canonical

SUBMISSION: Final = "hinomi-submission-1"
SIGHTINGS: Final = "hinomi-sightings-1"

_HAVE_PORTS: Final = tuple(render_protocol(each) for each in sorted(WITH_PORTS))
_REGISTER: Final = re.compile(r"[0-9a-f]{8,64}")
_ENDPOINT: Final = ("address", "protocol", "port")
_JUDGEMENTS: Final = ("class", "band", "methods", "register")


@dataclass(frozen=True, slots=True)
class Profile:
    """Which judgements may stand beside the endpoint of a finding."""

    fields: frozenset[str] = frozenset()  # Of class, band, methods and register.

    @classmethod
    def from_register(cls, register: Register) -> Self:
        """Read ``share.give_*``: 1 turns a field on."""
        return cls(
            frozenset(name for name in _JUDGEMENTS if register.integer(f"share.give_{name}"))
        )

    def limit(self, statement: Statement) -> Statement:
        """Leave out of *statement* what this profile does not have."""
        has = self.fields.__contains__
        return Statement(
            endpoint=statement.endpoint,
            service_class=statement.service_class if has("class") else None,
            band=statement.band if has("band") else None,
            methods=statement.methods if has("methods") else None,
            register=statement.register if has("register") else None,
        )


class _Finding(msgspec.Struct, forbid_unknown_fields=True):
    address: str
    protocol: str
    port: int
    service_class: ServiceClass | None = msgspec.field(default=None, name="class")
    band: Band | None = None
    methods: list[Method] | None = None
    register: str | None = None


class _Submission(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    epoch: str
    findings: list[_Finding]


class _Sighting(msgspec.Struct, forbid_unknown_fields=True):
    address: str
    protocol: str
    port: int
    sighting: Sighting


class _Sightings(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    epoch: str
    snapshot: Annotated[int, msgspec.Meta(ge=1, le=NUMBER_MOST)]
    sightings: list[_Sighting]


Document = TypeVar("Document", _Submission, _Sightings)
Said = TypeVar("Said", Statement, SightingStatement)


def render_submission(statements: Iterable[Statement], epoch: int, epoch_days: int) -> bytes:
    """Render findings as canonical JSON, in the order of their endpoints."""
    findings = sorted(statements, key=lambda each: each.endpoint)
    return render_canonical(
        {
            "format": SUBMISSION,
            "epoch": render_epoch(epoch, epoch_days),
            "findings": [_render_finding(each) for each in findings],
        }
    )


def parse_submission(
    body: bytes, profile: Profile, *, epoch: int, epoch_days: int, path: str = "submission"
) -> tuple[Statement, ...]:
    """
    Read findings from JSON.

    Args:
        body: The document.
        profile: Which fields may stand in it.
        epoch: Which it must be of.
        epoch_days: Length of an epoch.
        path: What messages call it.

    Raises:
        MalformedDocument: If it has a field that does not exist or is off, an address that is
            none or not in its usual form, or a server twice; or if it is not in canonical
            form, by the order of its servers. No address is repeated.
    """
    document = _decode(body, _Submission, path)
    _require_head(document.format, SUBMISSION, document.epoch, epoch, epoch_days, path)
    found = _distinct(
        (_statement(each, profile, path, row) for row, each in enumerate(document.findings, 1)),
        path,
    )
    require_canonical(body, render_submission(found, epoch, epoch_days), path)
    return found


def parse_submission_csv(
    body: bytes, profile: Profile, *, path: str = "submission"
) -> tuple[Statement, ...]:
    """
    Read findings from CSV with a header, as a small provider writes them, in any order.

    The hub takes a CSV in its one form alone: `require_canonical_csv`.

    Raises:
        MalformedDocument: As `parse_submission`, with the line.
    """
    return tuple(said for said, _line in parse_submission_lines(body, profile, path=path))


def parse_submission_lines(
    body: bytes, profile: Profile, *, path: str = "submission"
) -> tuple[tuple[Statement, int], ...]:
    """
    Read findings as `parse_submission_csv`, each with the line of the file that it ends on.

    Notes:
        Lines are those that an editor counts: blank ones too, and each of a cell that has several.
    """
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        rows = [(row, reader.line_num) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise MalformedDocument("is no CSV in UTF-8", path) from error
    names = tuple(reader.fieldnames or ())
    allowed = (*_ENDPOINT, *_JUDGEMENTS)
    if names[:3] != allowed[:3] or set(names) - set(allowed) or len(set(names)) != len(names):
        raise MalformedDocument(
            f"the header is {','.join(allowed[:3])}, and behind it may stand "
            f"{', '.join(_JUDGEMENTS)}",
            path,
            1,
        )
    found = [_statement(_of_row(row, path, line), profile, path, line) for row, line in rows]
    lines = [line for _, line in rows]
    line_of = {said.endpoint: line for said, line in zip(found, lines, strict=True)}
    return tuple((said, line_of[said.endpoint]) for said in _distinct(found, path, lines))


def render_submission_csv(statements: Iterable[Statement]) -> bytes:
    """
    Render findings as CSV in its one form.

    A header, a column for each judgement that any of them has, rows in the order of their
    servers, each line ended by LF; neither a byte-order mark nor quotes nor blank lines.
    """
    rows = [
        {**_render_finding(each), "methods": " ".join(sorted(each.methods or ()))}
        for each in sorted(statements, key=lambda each: each.endpoint)
    ]
    given = [name for name in _JUDGEMENTS if any(each.get(name) for each in rows)]
    text = io.StringIO()
    writer = csv.DictWriter(
        text, (*_ENDPOINT, *given), restval="", extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def require_canonical_csv(
    body: bytes, statements: Iterable[Statement], *, path: str = "submission"
) -> None:
    """
    Return if *body* is the one form of its findings: rows in order of discovery tell more.

    Raises:
        MalformedDocument: If it is not.
    """
    if body != render_submission_csv(statements):
        raise MalformedDocument(
            "is not in canonical form: rows in the order of their servers, each ended by LF, no "
            "byte-order mark, quotes, blank lines or empty columns; `hinomi listings submit "
            "--file` sends any CSV in that order",
            path,
        )


def render_sightings(
    sightings: Iterable[SightingStatement], number: int, epoch: int, epoch_days: int
) -> bytes:
    """Render sightings of what stands in snapshot *number*, as canonical JSON."""
    rows = sorted(sightings, key=lambda each: each.endpoint)
    return render_canonical(
        {
            "format": SIGHTINGS,
            "epoch": render_epoch(epoch, epoch_days),
            "snapshot": number,
            "sightings": [
                {**each.endpoint.render(), "sighting": each.sighting.value} for each in rows
            ],
        }
    )


def parse_sightings(
    body: bytes, *, epoch: int, epoch_days: int, path: str = "sightings"
) -> tuple[int, tuple[SightingStatement, ...]]:
    """
    Read sightings.

    Returns:
        The number of the snapshot that they speak of, and one for each server.

    Raises:
        MalformedDocument: As `parse_submission`.
    """
    document = _decode(body, _Sightings, path)
    _require_head(document.format, SIGHTINGS, document.epoch, epoch, epoch_days, path)
    found = (
        SightingStatement(
            endpoint=_endpoint(each.address, each.protocol, each.port, path, row),
            sighting=each.sighting,
        )
        for row, each in enumerate(document.sightings, 1)
    )
    said = _distinct(found, path)
    require_canonical(body, render_sightings(said, document.snapshot, epoch, epoch_days), path)
    return document.snapshot, said


def _render_finding(statement: Statement) -> dict[str, object]:
    told: dict[str, object] = dict(statement.endpoint.render())
    if statement.service_class is not None:
        told["class"] = statement.service_class.value
    if statement.band is not None:
        told["band"] = statement.band.value
    if statement.methods is not None:
        told["methods"] = sorted(each.value for each in statement.methods)
    if statement.register is not None:
        told["register"] = statement.register
    return told


def _decode(body: bytes, kind: type[Document], path: str) -> Document:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise MalformedDocument(_without_values(str(error)), path) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedDocument("is no JSON in UTF-8", path) from error


def _without_values(message: str) -> str:
    """Keep of msgspec's words what names the place, and nothing that a sender wrote."""
    place = re.search(r"`\$\S*`", message)
    if "unknown field" in message:
        said = "a field that does not exist: only those of the schema are taken"
    elif "missing required field" in message:
        said = "a field that must be there is missing"
    else:
        said = "a value of the wrong kind"
    return f"{said}{' at ' + place[0] if place else ''}"


def _require_head(  # noqa: PLR0917 - one check of one head.
    form: str, wanted: str, day: str, epoch: int, epoch_days: int, path: str
) -> None:
    if form != wanted:
        raise MalformedDocument(f"its format is not {wanted}", path)
    try:
        found = parse_epoch(day, epoch_days)
    except ValueError as error:
        raise MalformedDocument(f"its epoch is {error}", path) from error
    if found != epoch:
        raise MalformedDocument(f"is not of the epoch {render_epoch(epoch, epoch_days)}", path)


def _statement(finding: _Finding, profile: Profile, path: str, row: int) -> Statement:
    given = {
        "class": finding.service_class,
        "band": finding.band,
        "methods": finding.methods,
        "register": finding.register,
    }
    said = [name for name, value in given.items() if value is not None]
    if refused := [name for name in said if name not in profile.fields]:
        raise MalformedDocument(
            f"the field {refused[0]} is off: the register turns it on (share.give_{refused[0]})",
            path,
            row,
        )
    if finding.service_class is not None and not finding.service_class.is_listable:
        raise MalformedDocument("a server of this class is no finding", path, row)
    if finding.register is not None and not _REGISTER.fullmatch(finding.register):
        raise MalformedDocument("the register's version is 8 to 64 hex digits", path, row)
    methods = None if finding.methods is None else tuple(sorted(set(finding.methods)))
    return Statement(
        endpoint=_endpoint(finding.address, finding.protocol, finding.port, path, row),
        service_class=finding.service_class,
        band=finding.band,
        methods=methods,
        register=finding.register,
    )


def _endpoint(address: str, protocol: str, port: int, path: str, row: int) -> Endpoint:
    try:
        found = Endpoint(parse_address(address), parse_protocol(protocol), port)
    except ValueError as error:
        raise MalformedDocument(str(error), path, row) from error
    if render_address(found.address) != address or render_protocol(found.proto) != protocol:
        raise MalformedDocument(
            "address or protocol is not in its usual form (RFC 5952; lower-case name)", path, row
        )
    if found.proto not in WITH_PORTS:
        raise MalformedDocument(
            f"a server has a port: its protocol is one of {', '.join(_HAVE_PORTS)}", path, row
        )
    if not 0 < port <= PORT_MOST:
        raise MalformedDocument("a port is 1 to 65535", path, row)
    return found


def _distinct(
    found: Iterable[Said], path: str, rows: Iterable[int] | None = None
) -> tuple[Said, ...]:
    """Put statements in the order of their servers; *rows* says where each stands, else 1, 2, 3."""
    seen: dict[Endpoint, Said] = {}
    for row, each in zip(count(1) if rows is None else rows, found, strict=False):
        if each.endpoint in seen:
            raise MalformedDocument("the same server stands there twice", path, row)
        seen[each.endpoint] = each
    return tuple(seen[endpoint] for endpoint in sorted(seen))


def _port(cell: str) -> int:
    """Read a port in its usual form: digits of ASCII, none of them a leading zero."""
    return int(cell) if re.fullmatch(r"[1-9][0-9]{0,4}", cell) else -1


def _of_row(row: Mapping[str | None, Any], path: str, line: int) -> _Finding:
    if None in row or None in row.values():
        raise MalformedDocument("has not as many cells as the header", path, line)
    try:
        return msgspec.convert(
            {
                "address": row["address"],
                "protocol": row["protocol"],
                "port": _port(row["port"]),
                "class": row.get("class") or None,
                "band": row.get("band") or None,
                "methods": row["methods"].split() if row.get("methods") else None,
                "register": row.get("register") or None,
            },
            _Finding,
        )
    except msgspec.ValidationError as error:
        raise MalformedDocument(_without_values(str(error)), path, line) from error
