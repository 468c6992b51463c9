"""A world is a folder of files, made by hinomi or by anybody."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hinomi.bench.worldfiles import (
    TRUTH,
    find_world,
    first_day_ms,
    read_truth,
    shortage_of,
    state_paces,
)
from hinomi.errors import MalformedDocument, NotFound
from hinomi.model.context import DAY_MS, ContextKind
from hinomi.model.listed import ListKind

HEADER = "address,protocol,port,family,tier,label,known,detectable"


def _world(folder: Path) -> Path:
    (folder / "flows-1.parquet").touch()
    (folder / "flows-0.parquet").touch()
    (folder / "own-networks.csv").write_text("198.18.0.0/15\n")
    (folder / "known-cc.csv").write_text("address,protocol,port\n192.0.2.1,tcp,443\n")
    (folder / "benign.csv").write_text("address,protocol,port\n")
    (folder / "truth.csv").write_text(f"{HEADER}\n192.0.2.1,tcp,443,moth,1,cc,1,0\n")
    return folder


def test_the_parts_of_a_world_are_found(tmp_path: Path) -> None:
    """Flows may lie in several files; a list without entries is no list."""
    found = find_world(_world(tmp_path))

    assert [path.name for path in found.flows] == ["flows-0.parquet", "flows-1.parquet"]
    assert found.own_networks.name == "own-networks.csv"
    assert list(found.lists) == [ListKind.KNOWN_CC]
    assert found.context == {}
    assert found.described is None


def test_context_and_description_are_found_where_they_are(tmp_path: Path) -> None:
    """Their names say what they are, with either ending."""
    _world(tmp_path)
    for name in ("routes.txt", "history.csv", "world.json"):
        (tmp_path / name).touch()
    found = find_world(tmp_path)

    assert set(found.context) == {ContextKind.ROUTES, ContextKind.HISTORY}
    assert found.described == tmp_path / "world.json"


def test_the_first_day_is_that_of_the_earliest_record(tmp_path: Path) -> None:
    """Whichever file holds it; a file that does not say is no reason to guess."""
    world = find_world(_world(tmp_path))
    for path, ts_ms in zip(world.flows, (3 * DAY_MS + 5, 2 * DAY_MS + 7), strict=True):
        pq.write_table(pa.table({"proto": [6], "ts_ms": [ts_ms]}), path)

    assert first_day_ms(world) == 2 * DAY_MS
    pq.write_table(pa.table({"ts_ms": [1]}), world.flows[0], write_statistics=False)
    assert first_day_ms(world) is None


def test_what_figures_rest_on_and_is_not_there_is_told(tmp_path: Path) -> None:
    """Flows without flags, by name, and a truth of a header alone."""
    world = find_world(_world(tmp_path))
    truth = read_truth(world.truth)
    pq.write_table(pa.table({"tcp_flags": [16]}), world.flows[0])
    pq.write_table(pa.table({"ts_ms": [1]}), world.flows[1])

    told = shortage_of(world, truth[:0]) or ""
    assert "flows-1.parquet without tcp_flags" in told
    assert "flows-0" not in told
    assert "truth.csv names no service" in told
    pq.write_table(pa.table({"tcp_flags": [16]}), world.flows[1])
    assert shortage_of(world, truth) is None


def test_paces_are_stated_as_the_world_was_drawn(tmp_path: Path) -> None:
    """Of first-tier C&Cs of described families, where the truth itself says nothing."""
    described = tmp_path / "world.json"
    described.write_text(
        '{"spec": {"seed": 1, "botnets": [{"family": "moth", "period_s": 60, "per_tick": 3}]}}'
    )
    rows = [
        {"label": "cc", "tier": 1, "family": "moth"},
        {"label": "cc", "tier": 1, "family": "moth", "packets_a_day": 7.0},
        {"label": "cc", "tier": 2, "family": "moth"},
        {"label": "cc", "tier": 1, "family": "wasp"},
    ]
    stated = state_paces(pa.Table.from_pylist(rows, schema=TRUTH), described)

    assert stated.schema == TRUTH
    assert stated.column("packets_a_day").to_pylist() == [4_320.0, 7.0, None, None]


@pytest.mark.parametrize(
    "text",
    ["{", '{"spec": {"botnets": [{"family": "moth", "period_s": 0, "per_tick": 3}]}}'],
)
def test_a_description_of_no_world_is_refused(tmp_path: Path, text: str) -> None:
    """No bot calls without end, and half a document describes nothing."""
    described = tmp_path / "world.json"
    described.write_text(text)

    with pytest.raises(MalformedDocument, match=r"world\.json"):
        state_paces(TRUTH.empty_table(), described)


@pytest.mark.parametrize("gone", ["truth.csv", "own-networks.csv"])
def test_what_a_folder_lacks_is_named(tmp_path: Path, gone: str) -> None:
    """The message says which file is missing."""
    (_world(tmp_path) / gone).unlink()

    with pytest.raises(NotFound, match=gone.split(".", maxsplit=1)[0]):
        find_world(tmp_path)


def test_the_truth_is_read_with_its_types(tmp_path: Path) -> None:
    """Flags are flags, an empty tier is none, columns that need not be stated are null."""
    path = tmp_path / "truth.csv"
    path.write_text(
        f"{HEADER},members,note\n2001:db8::1,TCP,443,moth,2,cc,1,0,40,x\n"
        "192.0.2.1,17,53,dns,,dns,0,1,,\n"
    )
    first, second = read_truth(path).to_pylist()

    assert read_truth(path).schema == TRUTH
    assert (first["protocol"], first["tier"], first["known"]) == ("tcp", 2, True)
    assert (first["members"], first["clients"], first["detectable"]) == (40, None, False)
    assert (second["protocol"], second["tier"], second["members"]) == ("udp", None, None)


def test_flags_are_read_however_they_are_spelt(tmp_path: Path) -> None:
    """A data frame writes True and False; a true one read as 0 would count against the finder."""
    path = tmp_path / "truth.csv"
    rows = [
        f"192.0.2.{place},tcp,443,,1,cc,{known},{detectable}\n"
        for place, (known, detectable) in enumerate((("True", "False"), ("TRUE", "1"), (0, "true")))
    ]
    path.write_text(f"{HEADER}\n{''.join(rows)}")

    truth = read_truth(path)
    assert truth.column("known").to_pylist() == [True, True, False]
    assert truth.column("detectable").to_pylist() == [False, True, True]


@pytest.mark.parametrize(
    "row",
    [
        "x,tcp,443,,1,cc,0,0",
        "192.0.2.1,tcp,,,1,cc,0,0",
        "192.0.2.1",
        "192.0.2.1,tcp,443,,1,cc,yes,0",
        "192.0.2.1,tcp,443,,1,cc,0,",
        "192.0.2.1,tcp,443,,1,cc,0,2",
        "192.0.2.1,tcp,65536,,1,cc,0,0",
        "192.0.2.1,tcp,-1,,1,cc,0,0",
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_its_line(tmp_path: Path, row: str) -> None:
    """The line is told, never its values: it may be about a subscriber."""
    path = tmp_path / "truth.csv"
    path.write_text(f"{HEADER}\n192.0.2.9,tcp,1,,,web,0,0\n{row}\n")

    with pytest.raises(MalformedDocument, match="line 3") as failure:
        read_truth(path)
    assert "192.0.2.1" not in str(failure.value)


@pytest.mark.parametrize("again", ["2001:db8::1,tcp", "2001:DB8:0:0::1,6"])
def test_a_cc_counts_once(tmp_path: Path, again: str) -> None:
    """Named twice in the same words, or in others: the second would never be found."""
    path = tmp_path / "truth.csv"
    path.write_text(f"{HEADER}\n2001:db8::1,tcp,443,moth,1,cc,1,0\n{again},443,moth,1,cc,1,0\n")

    assert read_truth(path).column("address").to_pylist() == ["2001:db8::1"]


def test_two_truths_of_one_cc_are_refused(tmp_path: Path) -> None:
    """Both lines are told: only a person knows which of the two holds."""
    path = tmp_path / "truth.csv"
    rows = [f"192.0.2.{place},tcp,443,moth,1,cc,{known},0\n" for place, known in ((1, 1), (2, 0))]
    path.write_text(f"{HEADER}\n{''.join(rows)}192.0.2.1,tcp,443,moth,1,cc,0,0\n")

    with pytest.raises(MalformedDocument, match=r"line 4: .*line 2"):
        read_truth(path)


def test_what_is_no_cc_may_be_named_twice(tmp_path: Path) -> None:
    """An attacked C&C server is two things at once; nobody asks for a web server."""
    path = tmp_path / "truth.csv"
    rows = (
        "192.0.2.1,tcp,443,moth,1,cc,1,0,7",
        *(f"192.0.2.1,tcp,443,,,web,0,0,{n}" for n in "23"),
    )
    path.write_text("\n".join((f"{HEADER},clients", *rows)))

    assert read_truth(path).column("clients").to_pylist() == [7, 2, 3]


def test_a_truth_without_a_column_is_refused(tmp_path: Path) -> None:
    """Without `detectable` no recall can be told."""
    path = tmp_path / "truth.csv"
    path.write_text("address,protocol,port,family,tier,label,known\n")

    with pytest.raises(MalformedDocument, match="detectable"):
        read_truth(path)
