"""Routers thin, meter and export what passes, lines under the addresses of the moment."""

from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest

from hinomi.bench.census import Census
from hinomi.bench.exchange import Packets, lone_packets
from hinomi.bench.population import settle
from hinomi.bench.recording import SCHEMA, record
from hinomi.bench.spec import WorldSpec
from hinomi.bench.truth import NamedService

SERVER = 0xF1000001


@pytest.fixture(scope="module")
def spec() -> WorldSpec:
    """A thousand lines, exporters that sample alike."""
    return WorldSpec(lines=1_000, days=1, botnets=(), seed=4)


def _calls(spec: WorldSpec, count: int) -> Packets:
    population = settle(spec)
    return lone_packets(
        ts_ms=spec.starts_ms + np.arange(count, dtype=np.int64) * 10,
        src=population.v4[np.arange(count) % spec.lines],
        dst=np.full(count, SERVER, np.int64),
        ports=(np.full(count, 50_000, np.int32), np.full(count, 443, np.int32)),
        proto=6,
        flags=16,
        size=60,
    )


def test_records_have_the_plain_form(spec: WorldSpec) -> None:
    """Ascending by time, texts for addresses, N as sampled; the census saw the lines."""
    plan = settle(spec).plan
    census = Census([NamedService(code=SERVER, proto=6, port=443, label="web")], plan)

    table = record(_calls(spec, 1_000), spec, plan, census)

    assert table.schema == SCHEMA
    assert pc.sum(table["packets"]).as_py() == 1_000
    assert (np.diff(table["ts_ms"].to_numpy()) >= 0).all()
    assert set(table["dst_addr"].to_pylist()) == {"241.0.0.1"}
    assert set(table["sampling_interval"].to_pylist()) == {10_000}
    assert census.counts()[0][0] > 900


def test_exporters_may_sample_at_different_intervals(spec: WorldSpec) -> None:
    """One that samples four times as sparsely keeps a quarter, and says so."""
    uneven = replace(spec, exporters=(1, 4))
    plan = settle(uneven).plan

    table = record(_calls(uneven, 40_000), uneven, plan, Census([], plan))

    sampled = dict.fromkeys(("edge-1", "edge-2"), 0)
    for name, packets in zip(
        table["exporter"].to_pylist(), table["packets"].to_pylist(), strict=True
    ):
        sampled[name] += packets
    full = record(_calls(spec, 40_000), spec, plan, Census([], plan))
    behind = pc.sum(full.filter(pc.equal(full["exporter"], "edge-2"))["packets"]).as_py()
    assert sampled["edge-2"] / behind == pytest.approx(0.25, abs=0.02)
    assert sampled["edge-1"] == 40_000 - behind
    pairs = set(
        zip(table["exporter"].to_pylist(), table["sampling_interval"].to_pylist(), strict=True)
    )
    assert pairs == {("edge-1", 10_000), ("edge-2", 40_000)}
