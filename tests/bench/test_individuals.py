"""Lines that replay one host differ in whom they meet, but not in their C&C server."""

import numpy as np
import pyarrow as pa
import pytest

from hinomi.bench.individuals import individualise, rarity, scanned_ports
from hinomi.model.address import Address
from hinomi.model.flow import RECORDS

MAPPED = 0xFFFF << 32
HOST = Address(0, MAPPED | 0xC0A80105)
SERVER = Address(0, MAPPED | 0xCB007109)
LINES = MAPPED | (0xC6120000 + np.arange(1, 41, dtype=np.int64))


def _calls(source: np.ndarray, target: np.ndarray, port: int, *, packets: int = 50) -> pa.Table:
    columns = {
        "src_lo": source,
        "dst_lo": target,
        "dst_port": np.full(source.size, port),
        "src_port": np.full(source.size, 50_000),
        "packets": np.full(source.size, packets),
        "ts_ms": np.arange(source.size),
    }
    nothing = np.zeros(source.size, np.int64)
    arrays = [
        pa.array(["tap"] * source.size).cast(field.type)
        if field.name == "exporter"
        else pa.array(columns.get(field.name, nothing)).cast(field.type)
        for field in RECORDS
    ]
    return pa.Table.from_arrays(arrays, schema=RECORDS)


def _hosts(count: int) -> np.ndarray:
    return MAPPED | (0xCB007200 + np.arange(count, dtype=np.int64))


def _met_by_lines(others: np.ndarray, port: int) -> pa.Table:
    return _calls(np.repeat(LINES, others.size), np.tile(others, LINES.size), port)


def test_who_meets_many_is_rare() -> None:
    """A host with a thousand peers weighs less than one with ten."""
    few = _calls(np.full(10, HOST.lo), _hosts(10), 443)
    many = _calls(np.full(1_500, HOST.lo), _hosts(1_500), 6_881)

    assert rarity(few, HOST) == 1.0
    assert rarity(many, HOST) == pytest.approx(0.1)


def test_a_port_probed_at_many_others_is_scanned() -> None:
    """Not the web, not what is really talked to."""
    probes = _calls(np.full(90, HOST.lo), _hosts(90), 23, packets=1)
    web = _calls(np.full(90, HOST.lo), _hosts(90), 443, packets=1)
    talk = _calls(np.full(90, HOST.lo), _hosts(90), 5_000, packets=90)

    assert scanned_ports(pa.concat_tables([probes, web, talk]), HOST).tolist() == [23]


def test_each_line_keeps_others_of_its_own() -> None:
    """Some are met by nearly all lines, the most by few; never all by all."""
    clones = _met_by_lines(_hosts(200), 443)

    kept = individualise(clones, np.ones(clones.num_rows, np.bool_), np.array([]), [], 3)

    _, met = np.unique(kept["dst_lo"].to_numpy(), return_counts=True)
    assert 0.2 < kept.num_rows / clones.num_rows < 0.45
    assert met.max() > 0.8 * LINES.size
    assert np.median(met) < 0.5 * LINES.size


def test_every_bot_keeps_its_server() -> None:
    """In both directions."""
    server = np.array([SERVER.lo])
    clones = _met_by_lines(server, 6_667)

    kept = individualise(clones, np.ones(clones.num_rows, np.bool_), np.array([]), [SERVER], 3)

    assert kept.num_rows == LINES.size


def test_each_line_scans_elsewhere() -> None:
    """What the host probed is nobody's haunt; the probes themselves stay."""
    clones = _met_by_lines(_hosts(80), 23)

    kept = individualise(clones, np.ones(clones.num_rows, np.bool_), np.array([23]), [SERVER], 3)

    targets, met = np.unique(kept["dst_lo"].to_numpy(), return_counts=True)
    assert kept.num_rows == clones.num_rows
    assert met.max() == 1
    assert (targets >> 27 == (MAPPED | 0xF0000000) >> 27).all()
