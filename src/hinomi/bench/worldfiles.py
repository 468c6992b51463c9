"""
A world as files: a folder with flows, own networks, lists and the truth.

=============================  =====================================================
``flows*.parquet``             flow records, plain flow table
``own-networks.txt`` / .csv    own networks, as `hinomi init` takes them
``known-cc.csv`` and so on     a list of each kind; one that is missing is empty
``truth.csv``                  what is true: one row a named service
``routes.txt`` and so on       context of each kind, .txt or .csv; none need be there
``world.json``                 what the world was drawn from; need not be there
=============================  =====================================================
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from hinomi.bench.score import CC
from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.address import parse_address
from hinomi.model.context import DAY_MS, ContextKind
from hinomi.model.listed import ListKind
from hinomi.model.protocol import parse_protocol, render_protocol

TRUTH: Final = pa.schema(
    [
        ("address", pa.string()),
        ("protocol", pa.string()),
        ("port", pa.int32()),
        ("family", pa.string()),
        ("tier", pa.int8()),  # 1 meets bots, 2 meets C&C servers; null: no C&C.
        ("label", pa.string()),
        ("known", pa.bool_()),
        ("detectable", pa.bool_()),
        ("clients", pa.int32()),  # Own lines sampled with it; null: not stated.
        ("bots", pa.int32()),  # Those of them that belong to it.
        ("members", pa.int32()),  # Own lines that belong to it, sampled or not.
        ("packets_a_day", pa.float64()),  # Exchanged by one member with it, before sampling.
        ("design", pa.string()),  # What the family was drawn from.
    ]
)
"""What is true of each named service; the last five need not be stated."""

REQUIRED: Final = (
    "address", "protocol", "port", "family", "tier", "label", "known", "detectable",
)  # fmt: skip
_Row = dict[str, object]
_FLAGS_COLUMN: Final = "tcp_flags"
_MOST_PORT: Final = 65_535
_FLAGS: Final = {"1": True, "true": True, "0": False, "false": False}
_PACED: Final = ("packets_a_day", "label", "tier", "family")
_NETWORKS: Final = ("own-networks.txt", "own-networks.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldFiles:
    """Where the parts of a world lie."""

    folder: Path
    flows: tuple[Path, ...]
    own_networks: Path
    lists: dict[ListKind, Path]  # Those that hold an entry.
    truth: Path
    context: dict[ContextKind, Path]
    described: Path | None  # world.json.

    @property
    def name(self) -> str:
        """Name the world by its folder."""
        return self.folder.resolve().name


def find_world(folder: Path) -> WorldFiles:
    """
    Find the parts of the world in *folder*.

    Raises:
        NotFound: If flows, own networks or truth are missing.
    """
    flows = tuple(sorted(folder.glob("flows*.parquet")))
    networks = [folder / name for name in _NETWORKS if (folder / name).is_file()]
    truth = folder / "truth.csv"
    missing = [
        name
        for name, is_there in (
            ("flows*.parquet", bool(flows)),
            (_NETWORKS[0], bool(networks)),
            (truth.name, truth.is_file()),
        )
        if not is_there
    ]
    if missing:
        raise NotFound(f"{folder}: is no world, it lacks {', '.join(missing)}")
    described = folder / "world.json"
    lists = {kind: folder / f"{kind.value}.csv" for kind in ListKind}
    return WorldFiles(
        folder=folder,
        flows=flows,
        own_networks=networks[0],
        lists={kind: path for kind, path in lists.items() if _has_rows(path)},
        truth=truth,
        context={
            kind: path
            for kind in ContextKind
            for path in (folder / f"{kind.value}.txt", folder / f"{kind.value}.csv")
            if path.is_file()
        },
        described=described if described.is_file() else None,
    )


def first_day_ms(world: WorldFiles) -> int | None:
    """Tell when the first day of the flows begins, UTC; None if the files do not say."""
    first = []
    for path in world.flows:
        with pq.ParquetFile(path) as file:
            column = file.schema_arrow.get_field_index("ts_ms")
            for group in range(file.metadata.num_row_groups):
                told = file.metadata.row_group(group).column(column).statistics
                if told is None or not told.has_min_max or not isinstance(told.min, int):
                    return None
                first.append(told.min)
    return min(first) // DAY_MS * DAY_MS if first else None


def shortage_of(world: WorldFiles, truth: pa.Table) -> str | None:
    """
    Say what a readable world lacks that figures rest on; None if nothing.

    Args:
        world: The files; the flows can be read.
        truth: Rows of TRUTH.
    """
    flagless = [
        path.name for path in world.flows if _FLAGS_COLUMN not in pq.read_schema(path).names
    ]
    told = [
        f"{', '.join(flagless)} without {_FLAGS_COLUMN}: scans and answers are not told apart"
        if flagless
        else "",
        "" if truth.num_rows else f"{world.truth.name} names no service: all found counts as wrong",
    ]
    return "; ".join(filter(None, told)) or None


def state_paces(truth: pa.Table, described: Path) -> pa.Table:
    """
    State how often the bots of each family call, as the world was drawn.

    Args:
        truth: Rows of TRUTH.
        described: The world.json of the world.

    Returns:
        *truth* with `packets_a_day` where it was null and the family is described: packets
        of a member that calls all day long. Infections, clean-ups and moves leave less.

    Raises:
        MalformedDocument: If the description cannot be read.
    """
    try:
        botnets = msgspec.json.decode(described.read_bytes(), type=_Described).spec.botnets
    except (OSError, msgspec.DecodeError) as error:
        raise MalformedDocument("does not describe a world", str(described)) from error
    paces = {each.family: each.per_tick * DAY_MS / 1_000 / each.period_s for each in botnets}
    stated = [
        pace if pace is not None or row_label != CC or tier != 1 else paces.get(family)
        for pace, row_label, tier, family in zip(
            *(truth.column(name).to_pylist() for name in _PACED), strict=True
        )
    ]
    place = truth.schema.get_field_index("packets_a_day")
    return truth.set_column(place, TRUTH.field(place), pa.array(stated, pa.float64()))


class _Pace(msgspec.Struct):
    family: str
    period_s: Annotated[float, msgspec.Meta(gt=0)]
    per_tick: int


class _Spec(msgspec.Struct):
    botnets: list[_Pace] = []


class _Described(msgspec.Struct):
    spec: _Spec = msgspec.field(default_factory=_Spec)


def read_truth(path: Path) -> pa.Table:
    """
    Read what is true of a world, addresses as the world names them.

    Returns:
        Rows of TRUTH; a C&C server that is named twice in the same words is there once.

    Raises:
        MalformedDocument: If a column is missing, a row cannot be read, or two rows say
            different things of one C&C server.

    Notes:
        Other services may be named twice: an attacked C&C, a host that does two things.
        `score.match` says which row counts.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        lacking = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
        if lacking:
            raise MalformedDocument(f"the header lacks {', '.join(lacking)}", str(path), 1)
        rows = _once(_rows(reader, path), path)
    return pa.Table.from_pylist(rows, schema=TRUTH)


def _once(rows: Iterable[tuple[int, _Row]], path: Path) -> list[_Row]:
    """Keep each C&C server once: the second would be one that nobody can find."""
    kept: list[_Row] = []
    met: dict[object, tuple[int, _Row]] = {}
    for line, row in rows:
        if row["label"] == CC:
            service = parse_address(str(row["address"])), row["protocol"], row["port"]
            first_line, first = met.setdefault(service, (line, row))
            if row | {"address": first["address"]} != first:
                raise MalformedDocument(
                    f"says something else of the C&C server of line {first_line}; "
                    "leave one of the two",
                    str(path),
                    line,
                )
            if first is not row:
                continue
        kept.append(row)
    return kept


def _rows(reader: "csv.DictReader[str]", path: Path) -> Iterable[tuple[int, _Row]]:
    for row in reader:
        try:
            parse_address(row["address"])
            read: _Row = {
                "address": row["address"],
                "protocol": render_protocol(parse_protocol(row["protocol"])),
                "port": _port(row["port"]),
                "family": row["family"],
                "tier": _whole(row["tier"]) or None,  # Some write 0 for none.
                "label": row["label"],
                "known": _FLAGS[row["known"].lower()],
                "detectable": _FLAGS[row["detectable"].lower()],
                "clients": _whole(row.get("clients")),
                "bots": _whole(row.get("bots")),
                "members": _whole(row.get("members")),
                "packets_a_day": float(row["packets_a_day"]) if row.get("packets_a_day") else None,
                "design": row.get("design") or None,
            }
        except (ValueError, KeyError, TypeError, AttributeError):  # A short row has None there.
            raise MalformedDocument(
                "is no row of a truth: an address, a protocol, a port from 0 to 65535, whole "
                "numbers, and 1 or 0 for known and detectable",
                str(path),
                reader.line_num,
            ) from None
        yield reader.line_num, read


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= _MOST_PORT:
        raise ValueError(text)
    return port


def _whole(text: str | None) -> int | None:
    return int(text) if text else None


def _has_rows(path: Path) -> bool:
    """Tell whether a list holds more than its header: an empty one is no list to add."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8") as file:
        return sum(bool(line.strip()) for line in file) > 1
