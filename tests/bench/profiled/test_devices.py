"""Models share clouds among their owners; some models are vulnerable."""

import numpy as np
import pytest

from hinomi.bench.addressing import is_own
from hinomi.bench.profiled.devices import equip, expected
from hinomi.bench.profiled.scene import Scene


def test_some_models_are_vulnerable(bare: Scene) -> None:
    """Seven to ten of them, with owners each once."""
    homes = equip(bare)

    assert 66 <= len(homes.models) < 82
    assert 7 <= len(homes.vulnerable) <= 10
    for model in homes.models:
        assert np.unique(model.owners).size == model.owners.size
    assert 0.5 < homes.pcs.size / bare.lines.count < 0.75


def test_a_cloud_meets_owners_only(bare: Scene) -> None:
    """The clients of a cloud that one model has are owners of that model."""
    homes = equip(bare)
    records = bare.sheet.records()
    model = max(homes.vulnerable, key=lambda each: each.owners.size)
    mine = {s: e for s, e in bare.book.entries.items() if e.family == model.name}
    assert any(entry.label == "vendor-cloud" for entry in mine.values())
    for (code, proto, port), entry in mine.items():
        with_it = (records.dst == code) & (records.dst_port == port) & (records.proto == proto)
        line = bare.lines.of(records.src[with_it], records.src_port[with_it].astype(np.int64))
        if entry.label != "vendor-cloud" or port not in {8_883, 1_883, 8_886}:
            assert np.isin(line, model.owners).all()


def test_agents_report_by_https(bare: Scene) -> None:
    """Fourteen agents, each with a few servers, none of them own."""
    equip(bare)
    agents = {s: e for s, e in bare.book.entries.items() if e.family.startswith("agent")}

    assert {entry.family for entry in agents.values()} == {f"agent{n}" for n in range(14)}
    assert {port for _, _, port in agents} == {443}
    assert not is_own(np.array([code for code, _, _ in agents])).any()


def test_expectation_is_packets_over_interval() -> None:
    """One packet a minute for a week is 10,080: about one is sampled."""
    assert expected(60, 1) == pytest.approx(1.008)
