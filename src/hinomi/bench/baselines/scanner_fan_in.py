"""Scanner fan-in: how many clients of a service scan, and what share of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import pyarrow as pa

from hinomi.bench.baselines.interface import fan_in, ranked
from hinomi.detect import passes, suspects
from hinomi.detect.columns import floats, ints
from hinomi.detect.observe import Lists
from hinomi.govern.parameters import Register

# Tuned 2026-11-22, see `tuning`: average precision 0.363, mean over five worlds.
POWER: Final = 1.0
EXTRA_CLIENTS: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerFanIn:
    """
    Rank by scanning clients: their number times their share among all clients.

    Notes:
        Scanning lines are chosen by the number of distinct probed hosts that sampling and
        ordinary use do not explain (`suspects.scanners`), never by a share of SYNs among
        packets; no count makes a verdict, and no window is asked twice: the score ranks.
        Changed for 1 in 10,000: the share is damped by clients that were not seen, and a
        line's scan says nothing of services on the scanned port. Cost: one look at the
        pairs of the scanning lines.

    Source:
        Gu, Perdisci, Zhang and Lee (2008), BotMiner, USENIX Security: who talks to whom
        crossed with who does what (here scanning). Scans counted as in Jung, Paxson,
        Berger and Balakrishnan (2004), Fast portscan detection, IEEE S&P.
    """

    name: ClassVar[str] = "scanner-fan-in"
    source: ClassVar[str] = "BotMiner, USENIX Security 2008 (communication x scanning)"

    power: float = POWER  # 1 ranks by share alone, 2 by number times share.
    extra_clients: float = EXTRA_CLIENTS  # Added to the clients: damps the share of few.

    def rank(
        self, engine: passes.Engine, survey: passes.Survey, lists: Lists, register: Register
    ) -> pa.Table:
        """Rank as `Baseline.rank` says; the score is n^power / (clients + extra)."""
        scanning = scanning_lines(survey, register)
        number = fan_in(engine, survey, scanning, ints(scanning, "remote_port"))
        clients = floats(survey.services, "clients") + self.extra_clients
        return ranked(survey.services, number**self.power / clients.clip(min=1.0), lists)

    def alternatives(self) -> Sequence["ScannerFanIn"]:
        """Vary between share and number, and how much few clients are damped."""
        return [
            ScannerFanIn(power=power, extra_clients=extra)
            for power in (1.0, 1.5, 2.0, 3.0)
            for extra in (0.0, 5.0, 20.0, 100.0)
        ]


def scanning_lines(survey: passes.Survey, register: Register) -> pa.Table:
    """
    Choose the lines that scan, exactly as the detector does.

    Columns: `LINE`, `remote_port` (the port probed most), `targets`.
    """
    met = int(ints(survey.lines, "services").sum() + ints(survey.lines, "tries").sum())
    return suspects.scanners(survey.probed, suspects.silent_share(survey.lines), met, register)
