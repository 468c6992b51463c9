"""Transit: flows between others that only pass through the provider's routers."""

from collections.abc import Iterator

import numpy as np

from hinomi.bench.benign import BATCH
from hinomi.bench.exchange import Flows, Packets, Shape, sample_flows
from hinomi.bench.population import Scene, draw_times, stream
from hinomi.bench.sampling import meeting_probability
from hinomi.bench.spec import TCP

_SIZES = np.unique(np.geomspace(2, 3_000, 64).astype(np.int64))  # Packets of a flow; ours.
_TAIL = 1.1  # A flow twice as large is about half as frequent (mice and elephants).


def pass_by(scene: Scene) -> Iterator[Packets]:
    """Draw the flows of others, as many as `WorldSpec.transit` says."""
    spec = scene.spec
    rng = stream(spec, "transit")
    reach = meeting_probability(_SIZES, spec.interval) * (_SIZES * 1.0) ** -_TAIL
    share = reach.sum() / ((_SIZES * 1.0) ** -_TAIL).sum()
    left = int(rng.poisson(spec.transit * spec.lines * spec.days * share))
    shape = Shape(proto=TCP, up_share=0.4, up_bytes=300, down_bytes=1_100)
    servers = scene.allocation.take(2_000) if left else np.empty(0, np.int64)
    while left:
        count = min(left, BATCH)
        left -= count
        which = np.searchsorted(np.cumsum(reach), rng.random(count) * reach.sum(), side="right")
        flows = Flows(
            client=scene.allocation.strangers(count, rng),
            server=servers[(rng.random(count) ** 2 * servers.size).astype(np.int64)],
            port=np.full(count, 443, np.int32),
            start_ms=draw_times(spec, count, 0, rng),
            duration_ms=rng.exponential(10_000, count).astype(np.int64),
            packets=_SIZES[np.minimum(which, _SIZES.size - 1)],
        )
        yield sample_flows(flows, shape, spec.interval, rng, met=True)
