"""Distinct clients on odd ports: what an analyst counts first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa

from hinomi.bench.baselines.interface import ranked
from hinomi.detect import passes
from hinomi.detect.columns import floats, ints
from hinomi.detect.observe import Lists
from hinomi.detect.ports import habit
from hinomi.govern.parameters import Register
from hinomi.model.protocol import Protocol

# Tuned 2026-11-22, see `tuning`: average precision 0.377, mean over five worlds.
LEAST_HABIT: Final = 4
TCP_ONLY: Final = True
SHARE_MOST: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class OddPorts:
    """
    Rank by the number of distinct clients, where the port is no usual one.

    Notes:
        Changed for 1 in 10,000: clients are lines that were seen conversing once in the
        whole window, in quiet time; nobody is seen twice as a rule. Cost: the services
        table alone.

    Source:
        Karasaridis, Rexroad and Hoeflin (2007), Wide-scale botnet detection and
        characterization, HotBots: hub servers by the hosts that share them, IRC ports
        apart from the rest. Ports: `detect.ports`.
    """

    name: ClassVar[str] = "odd-ports"
    source: ClassVar[str] = "Karasaridis et al., HotBots 2007 (clients per hub)"

    least_habit: int = LEAST_HABIT  # A port is odd from this class of `ports.habit` on.
    tcp_only: bool = TCP_ONLY
    share_most: float = SHARE_MOST  # Of all lines; what more of them use is a public service.

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """Rank as `Baseline.rank` says; the score is the number of clients."""
        del engine, register
        services = survey.services
        clients = floats(services, "clients")
        odd = habit(ints(services, "remote_port")) >= self.least_habit
        odd &= clients <= max(self.share_most * survey.talking.num_rows, 2)
        if self.tcp_only:
            odd &= ints(services, "proto") == int(Protocol.TCP)
        return ranked(services, np.where(odd, clients, 0.0), lists)

    def alternatives(self) -> Sequence["OddPorts"]:
        """Vary what counts as odd, and from where a service is everybody's."""
        return [
            OddPorts(least_habit=least, tcp_only=tcp, share_most=most)
            for least in (3, 4, 5)
            for tcp in (False, True)
            for most in (1.0, 0.05, 0.02, 0.01, 0.005)
        ]
