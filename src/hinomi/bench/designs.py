"""
Designs of botnets: what a family is, and the fixed families of the demonstration.

Sources by mark as in `bench.spec`. Families that are drawn anew for each seed come from
`bench.families`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hinomi.model.protocol import Protocol

HTTPS: Final = 443


class Hosting(StrEnum):
    """Where the C&C servers of a family live."""

    DEDICATED = "dedicated"  # Nobody else has business there.
    SHARED = "shared"  # The address serves innocents on 443.
    CDN = "cdn"  # So popular an address that it says nothing.


class Schedule(StrEnum):
    """Which server a member calls when."""

    STEADY = "steady"  # The same all the time.
    TURNS = "turns"  # All members call one server, then the next: it moves.
    DAILY = "daily"  # Another server each day, as by a domain generation algorithm.
    ROTATING = "rotating"  # Each member changes now and then to another of a fleet.


@dataclass(frozen=True, slots=True, kw_only=True)
class BotnetSpec:
    """A botnet: who is in it, and what its members do."""

    family: str
    design: str = ""  # Blueprint it was drawn from.
    operator: str = ""  # Who runs it; operators are split like families.
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
    wave: bool = False  # They are infected in one wave instead of evenly.
    cleaned: float = 0.0  # Share of the members cleaned within the window.
    servers: int = 1  # C&C servers at remote hosting that answer.
    servers_each: int = 1  # How many of them a member uses at a time.
    schedule: Schedule = Schedule.STEADY
    hop_h: float = 12.0  # How long a member of a rotating fleet stays with one server.
    hosting: Hosting = Hosting.DEDICATED
    innocents: float = 0.0  # Share of the people's devices that visit a shared or CDN address.
    sunk: int = 0  # The last so many of its servers are sinkholes.
    gone: int = 0  # Further servers that members call in vain.
    listed: int | None = None  # How many stand on the known list; None: the teacher draws.
    own_fronts: int = 0  # Further C&C servers on own lines, serving own and remote bots.
    remote_bots: int = 0  # Members elsewhere that own fronts serve.
    uppers: int = 0  # Remote upper-tier servers to which every own front reports.
    upper_port: int = 38_800
    upper_period_s: float = 10.0
    peers: int = 0  # Nodes that each member of a botnet without a centre keeps in touch with.
    remote_peers: int = 0  # Its nodes elsewhere.
    scan_ports: tuple[int, ...] = ()  # The earlier, the likelier.
    scan_pps: float = 0.0  # Median probes a second of a member.
    scan_for_h: float = 0.0  # A member scans so long after its infection; 0: for good.
    mails_per_day: float = 0.0
    relays_per_day: float = 0.0  # Connections a member carries for the botnet's customers.
    attacks: bool = False  # Takes part in the floods.
    loaders: int = 0  # Servers from which a device fetches the binary when it is infected.
    loader_port: int = 80
    loads_per_day: float = 0.0  # Later infections of the same device: a reboot cleans it.

    def __post_init__(self) -> None:
        if self.sunk > self.servers:
            raise ValueError("a botnet has no more sinkholed servers than servers")
        if not (self.servers or self.own_fronts or self.gone or self.peers):
            raise ValueError("a botnet has servers, own fronts or peers, or calls in vain")
        if self.peers and (self.servers or self.own_fronts or self.gone):
            raise ValueError("a botnet without a centre has no servers")
        if self.uppers and not self.own_fronts:
            raise ValueError("an upper tier can only be seen from own fronts")

    @property
    def scans(self) -> bool:
        """Whether the members probe for further victims."""
        return bool(self.scan_ports)


# Designs after [Mirai] (60 s keep-alive, ports 23 and 2323 in ten to one), Raptor Train
# and proxy networks as publicly reported (fronts and an upper tier), [D4] for periods.
# Scan rates are scaled down from [Mirai]'s 250 bytes a second so that a demo stays small.
BOTNETS: Final[tuple[BotnetSpec, ...]] = (
    BotnetSpec(family="cicada", bots=170, port=48_101, period_s=60, models=("dvr", "camera-a"),
               servers=2, listed=2, scan_ports=(23, 2_323), scan_pps=1.0, attacks=True,
               loaders=1, loads_per_day=1.0),
    BotnetSpec(family="hornet", bots=120, port=6_667, period_s=60, listed=0,
               models=("router-a", "camera-b"), scan_ports=(23, 2_323, 5_555), scan_pps=0.6,
               attacks=True, loaders=1, loads_per_day=1.0),
    BotnetSpec(family="heron", bots=110, port=9_030, period_s=45, models=("camera-b", "nas"),
               relays_per_day=8, servers=2, servers_each=2, listed=1, up_bytes=140, down_bytes=130),
    BotnetSpec(family="stork", bots=90, port=38_080, period_s=60, models=("router-a",), servers=1,
               listed=1, servers_each=2, own_fronts=5, uppers=1, remote_bots=80),
    BotnetSpec(family="mantis", bots=120, port=443, period_s=300, per_tick=10, jitter=0.4,
               reconnects=True, up_bytes=380, down_bytes=420, servers=1, listed=0),
    BotnetSpec(family="beetle", bots=70, port=443, period_s=300, per_tick=10, jitter=0.3,
               reconnects=True, up_bytes=300, down_bytes=300, servers=1, listed=1),
    BotnetSpec(family="cricket", bots=50, port=6_697, period_s=90, servers=1, listed=0),
    BotnetSpec(family="locust", bots=60, port=8_080, period_s=120, per_tick=6, reconnects=True,
               up_bytes=250, down_bytes=600, servers=1, listed=0, mails_per_day=1_500),
    BotnetSpec(family="moth", bots=8, port=4_444, period_s=30, servers=1, listed=0),
    BotnetSpec(family="weevil", bots=40, port=5_050, period_s=60, models=("recorder", "nas"),
               servers=0, listed=0, own_fronts=1, remote_bots=120),
    BotnetSpec(family="swallow", bots=70, port=7_000, period_s=60, models=("dvr", "camera-a"),
               servers=2, listed=1, schedule=Schedule.TURNS, scan_ports=(2_323, 23), scan_pps=0.3,
               loaders=1, loads_per_day=1.0),
    BotnetSpec(family="mayfly", bots=50, port=8_000, period_s=120, per_tick=8, reconnects=True,
               servers=2, sunk=2, listed=1, fresh=0.0),
    BotnetSpec(family="ghost", bots=40, port=1_312, period_s=30, per_tick=1,
               models=("dvr", "camera-a"), servers=0, gone=1, listed=1, fresh=0.0,
               scan_ports=(23,), scan_pps=0.2),
)  # fmt: skip
