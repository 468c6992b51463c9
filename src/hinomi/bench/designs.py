"""
Designs of botnets: what a family is, and the fixed families of the demonstration.

Sources by mark as in `bench.spec`.
"""

from dataclasses import dataclass
from typing import Final

from hinomi.model.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BotnetSpec:
    """A botnet: who is in it, and what its members do."""

    family: str
    bots: int  # Members on own lines.
    proto: int = Protocol.TCP
    port: int
    period_s: float
    per_tick: int = 3
    up_bytes: int = 90
    down_bytes: int = 90
    jitter: float = 0.05  # Of the period.
    reconnects: bool = False  # A connection for every contact.
    models: tuple[str, ...] = ()  # Vulnerable IoT models; empty: PCs.
    fresh: float = 0.3  # Share of the members infected within the window.
    servers: int = 1  # C&C servers at remote hosting.
    servers_each: int = 1  # How many of them a member uses.
    listed: int = 0  # How many of them stand on the known list.
    moves: bool = False  # The second server replaces the first in the middle of the window.
    own_fronts: int = 0  # Further C&C servers on own lines, serving own and remote bots.
    upper: bool = False  # The own fronts report to one remote upper-tier server.
    remote_bots: int = 0  # Members elsewhere that an own front serves.
    scan_ports: tuple[int, ...] = ()  # The earlier, the likelier.
    scan_pps: float = 0.0  # Median probes a second of a member.
    mails_per_day: float = 0.0
    relays_per_day: float = 0.0  # Connections a member carries for the botnet's customers.
    attacks: bool = False  # Takes part in the floods.
    sinkholed: bool = False  # Its servers are sinkholes.
    dead: bool = False  # Its server is gone: members call and get no answer.


# Designs after [Mirai] (60 s keep-alive, ports 23 and 2323 in ten to one), Raptor Train
# and proxy networks as publicly reported (fronts and an upper tier), [D4] for periods.
# Scan rates are scaled down from [Mirai]'s 160 a second so that a demo stays small.
BOTNETS: Final[tuple[BotnetSpec, ...]] = (
    BotnetSpec(family="cicada", bots=170, port=48_101, period_s=60, models=("dvr", "camera-a"),
               servers=2, listed=2, scan_ports=(23, 2_323), scan_pps=1.0, attacks=True),
    BotnetSpec(family="hornet", bots=120, port=6_667, period_s=60,
               models=("router-a", "camera-b"), scan_ports=(23, 2_323, 5_555), scan_pps=0.6,
               attacks=True),
    BotnetSpec(family="heron", bots=110, port=9_030, period_s=45, models=("camera-b", "nas"),
               relays_per_day=8, servers=2, servers_each=2, listed=1, up_bytes=140, down_bytes=130),
    BotnetSpec(family="stork", bots=90, port=38_080, period_s=60, models=("router-a",), servers=1,
               listed=1, servers_each=2, own_fronts=5, upper=True, remote_bots=80),
    BotnetSpec(family="mantis", bots=120, port=443, period_s=300, per_tick=10, jitter=0.4,
               reconnects=True, up_bytes=380, down_bytes=420, servers=1),
    BotnetSpec(family="beetle", bots=70, port=443, period_s=300, per_tick=10, jitter=0.3,
               reconnects=True, up_bytes=300, down_bytes=300, servers=1, listed=1),
    BotnetSpec(family="cricket", bots=50, port=6_697, period_s=90, servers=1),
    BotnetSpec(family="locust", bots=60, port=8_080, period_s=120, per_tick=6, reconnects=True,
               up_bytes=250, down_bytes=600, servers=1, mails_per_day=1_500),
    BotnetSpec(family="moth", bots=8, port=4_444, period_s=30, servers=1),
    BotnetSpec(family="weevil", bots=40, port=5_050, period_s=60, models=("recorder", "nas"),
               servers=0, own_fronts=1, remote_bots=120),
    BotnetSpec(family="swallow", bots=70, port=7_000, period_s=60, models=("dvr", "camera-a"),
               servers=2, listed=1, moves=True, scan_ports=(2_323, 23), scan_pps=0.3),
    BotnetSpec(family="mayfly", bots=50, port=8_000, period_s=120, per_tick=8, reconnects=True,
               servers=2, listed=1, sinkholed=True, fresh=0.0),
    BotnetSpec(family="ghost", bots=40, port=1_312, period_s=30, per_tick=1,
               models=("dvr", "camera-a"), servers=1, listed=1, dead=True, fresh=0.0,
               scan_ports=(23,), scan_pps=0.2),
)  # fmt: skip
