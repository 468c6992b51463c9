"""The sheet holds what was sampled of relations, as their ends would be seen."""

import numpy as np

from hinomi.bench.profiled.scene import Scene, new_host
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Relations, Rows
from hinomi.model.flow import Ingress


def test_a_relation_is_met_as_often_as_expected(bare: Scene) -> None:
    """Poisson around the expectation, up and down; the answer counts each relation's packets."""
    draws, line = bare.draws("x"), np.arange(1_000)
    server = new_host(draws)
    met = bare.sheet.relate(draws, Relations(
        client=bare.lines.codes(line), server=server, port=443, proto=6, shape=Usual.WEB,
        up=2.0, down=6.0, line=line, starts=1.0, ends=2.0,
    ))  # fmt: skip
    records = bare.sheet.records()
    down = records.src == server

    assert met.sum() == records.ts_ms.size
    assert abs(met.mean() - 8) < 0.4
    assert abs(down.mean() - 0.75) < 0.03
    assert records.ts_ms.min() >= 86_400_000
    assert records.ts_ms.max() <= 2 * 86_400_000
    assert set(records.src_port[down].tolist()) == {443}
    assert (records.ingress == np.where(down, Ingress.TRANSIT, Ingress.SUBSCRIBER)).all()


def test_ports_are_the_lines_own_and_last(bare: Scene) -> None:
    """A client keeps its port for a life and uses none but its line's."""
    draws, line = bare.draws("x"), np.repeat(np.arange(200), 1)
    bare.sheet.relate(draws, Relations(
        client=bare.lines.codes(line), server=new_host(draws), port=443, proto=6,
        shape=Usual.WEB, up=40.0, down=0.0, line=line, life=1_000.0,
    ))  # fmt: skip
    records = bare.sheet.records()
    of = bare.lines.of(records.src, records.src_port.astype(np.int64))
    uses = np.unique(np.stack([of, records.src_port]), axis=1)[0]

    assert set(of.tolist()) == set(line.tolist())
    assert (records.src_port >= bare.lines.port_base[of]).all()
    assert (records.src_port < (bare.lines.port_base + bare.lines.port_span)[of]).all()
    assert np.unique(uses, return_counts=True)[1].max() <= 2


def test_a_record_of_several_packets_lasts(bare: Scene) -> None:
    """Its bytes are those of all; a record of one packet has no length."""
    draws = bare.draws("x")
    bare.sheet.write(draws, Rows(
        client=bare.lines.v4[:2], server=np.full(2, new_host(draws)), client_port=5_000,
        server_port=123, proto=17, shape=Usual.NTP, down=np.zeros(2, np.bool_),
        at=np.array([0.5, 1.5]), packets=np.array([1, 4]),
    ))  # fmt: skip
    records = bare.sheet.records()

    assert records.octets.tolist() == [76, 304]
    assert records.duration_ms[0] == 0
    assert records.duration_ms[1] > 0
    assert bare.sheet.records().ts_ms.size == 0
