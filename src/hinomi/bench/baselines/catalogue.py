"""
All baselines, in the order of the benchmark's table.

Cost, measured on a week of 11 million records, 175,000 services held and 450,000 lines, with
two cores that had other work: each takes less than 14 s of processor time after the survey
(which takes 49 s) and less than 0.2 GiB more memory than the survey left.
"""

from typing import Final

from hinomi.bench.baselines.beacons import Beacons
from hinomi.bench.baselines.forest import ListedForest, TrueForest
from hinomi.bench.baselines.fused import Fused
from hinomi.bench.baselines.interface import Baseline
from hinomi.bench.baselines.known_overlap import KnownOverlap
from hinomi.bench.baselines.odd_ports import OddPorts
from hinomi.bench.baselines.pagerank import PageRank
from hinomi.bench.baselines.scanner_fan_in import ScannerFanIn

BASELINES: Final[tuple[Baseline, ...]] = (
    OddPorts(),
    ScannerFanIn(),
    KnownOverlap(),
    Fused(),
    PageRank(),
    Beacons(),
    ListedForest(),
    TrueForest(),
)
