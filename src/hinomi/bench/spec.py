"""
What a synthetic world is made of: every parameter with its unit and its source.

Sources by mark: [D4] what 1 in 10,000 leaves, as calculated for this project (60 s
keep-alive = 3 packets a minute, 5 min beacon = 10 packets); [Mirai] Antonakakis et al.,
USENIX Security 2017; [IMC20] Saidi et al., IMC 2020 (device clouds by destination set);
[NICTER] NICT's yearly observation reports; [MIC] the ministry's traffic statistics;
[own] our own assumption, chosen to be plausible and to be varied. The values here are those
of the demonstration; `bench.variety` draws those of the larger worlds.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final

from hinomi.bench.access import AccessSpec
from hinomi.bench.designs import BOTNETS, BotnetSpec
from hinomi.bench.internet import InternetSpec

TCP: Final = 6
UDP: Final = 17
DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000


class Device(IntEnum):
    """What kind of device a thing at a subscriber's line is."""

    PC = 0
    PHONE = 1
    IOT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """A benign use whose flows come and go."""

    name: str
    label: str  # What its servers are called in the truth.
    proto: int
    ports: tuple[int, ...]  # A server has one of them; the earlier, the likelier.
    devices: tuple[Device, ...]
    users: float = 1.0  # Share of these devices that use it, 0..1.
    flows_per_day: float  # By a device of mean activity that uses it.
    packets: float  # Median packets of a flow, both directions.
    spread: float = 1.0  # Sigma of their log-normal.
    up_share: float = 0.4
    up_bytes: int = 300
    down_bytes: int = 1_100
    duration_s: float = 10.0
    servers: int
    zipf: float = 1.0  # Popularity of the r-th server falls with r to this power.
    favourites: float = 0.5  # Share of flows that go to the line's own few servers.
    v6: float = 0.0  # Share of flows over IPv6 where the line has it.
    home: str = "service"  # Where its servers live: a use of `internet.Allocation.take`.


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingSpec:
    """A benign use whose clients keep in touch with one server by the clock."""

    name: str
    label: str
    proto: int
    ports: tuple[int, ...]
    devices: tuple[Device, ...]
    users: float
    servers: int
    zipf: float = 0.8
    period_s: tuple[float, float]  # A server's period lies between these.
    per_tick: int = 3
    up_bytes: int = 110
    down_bytes: int = 110
    office_hours: bool = False  # Only while the device is switched on.
    reconnects: bool = False
    home: str = "service"  # As for an `AppSpec`.


class Reach(IntEnum):
    """Whose devices the clients of a small service are."""

    ANYONE = 0
    PCS = 1
    ONE_MODEL = 2  # An installer put it beside one model of device.
    BUSINESSES = 3  # Lines with a static address: servers that speak with servers.


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSpec:
    """
    A kind of small service that keeps in touch with a few clients, as a C&C server does.

    Each service draws its own port, period, sizes and clients from these.
    """

    name: str  # Its label in the truth, too.
    share: float  # Of all small services.
    reach: Reach = Reach.ANYONE
    ports: tuple[int, ...]
    odd: float = 0.3  # Share of the services on a high port of their own choice.
    clients: tuple[float, float, int] = (14.0, 1.2, 400)  # Log-normal median, sigma, the most.
    period_s: tuple[float, float] = (20.0, 300.0)
    per_tick: tuple[int, int] = (2, 4)
    bytes: tuple[int, int] = (70, 220)  # Packets are between.
    udp: float = 0.15  # Share of the services over UDP.
    reconnects: float = 0.0  # Share of those that connect anew for each exchange.
    office_hours: float = 0.0  # Share of those that rest at night.


@dataclass(frozen=True, slots=True, kw_only=True)
class SwarmSpec:
    """A peer-to-peer program: members on own lines, peers anywhere."""

    name: str
    proto: int
    users: float  # Share of the PCs.
    flows_per_day: float
    packets: float
    spread: float = 1.8
    duration_s: float = 60.0
    bytes: int = 700
    ports: tuple[int, ...] = ()  # Of the peers; empty: each has a high port of its own.
    called: float = 0.5  # Share of the flows that the peer elsewhere opens.
    peers: int = 40_000  # Elsewhere; popularity falls slowly.


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model of IoT device and the cloud of its vendor."""

    name: str
    share: float  # Of all lines that have one.
    proto: int
    port: int
    period_s: float
    up_bytes: int
    down_bytes: int
    hosts: int = 2  # Addresses of the cloud.
    per_tick: int = 3
    jitter: float = 0.02  # Of the period.


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSpec:
    """An ISP's world and how it is observed."""

    seed: int = 1
    kind: str = "demo"  # One of `kinds.KINDS`.
    split: str = "development"  # One of `kinds.SPLITS`.
    lines: int = 20_000  # [own] a demo; a real ISP has up to millions.
    days: int = 7  # [D4] the window in which 6 keep-alive bots suffice.
    interval: int = 10_000  # Random 1 in N, as the ministry's study group assumes.
    exporters: tuple[int, ...] = (1, 1)  # Each samples so many times more sparsely than 1 in N.
    starts_ms: int = 1_748_822_400_000  # 2025-06-02T00:00Z, a Monday.
    volume: float = 1.0  # Scales all traffic that comes by chance: what no clock keeps.
    activity_sigma: float = 1.0  # [MIC] a tenth of the lines makes most of the traffic.
    v6_share: float = 0.5  # Lines with IPv6; Japan is above half [MIC].
    access: AccessSpec = field(default_factory=AccessSpec)
    internet: InternetSpec = field(default_factory=InternetSpec)
    pcs: float = 1.2  # Devices a line, Poisson means [own].
    phones: float = 2.2
    iot: float = 0.9  # Models are drawn from `models`.
    server_share: float = 0.01  # Subscribers who run servers [own].
    coinfected: float = 0.3  # Members drawn from already infected lines: IEICE 2025, 30 %.
    telemetry: int = 150  # Small services that look like C&C [own].
    niche_per_line: int = 40  # Rarely visited hosts a line goes back to [own].
    niche_hosts: float = 20.0  # Such hosts in all, a line [own].
    niche_flows_per_day: float = 40.0  # To them, by a PC or phone of mean activity [own].
    niche_skew: float = 1.0  # 1: all equally visited; above: some draw dozens of lines [own].
    transit: float = 0.0  # Flows of others that pass, a day and line [own].
    researchers: int = 12  # Research scanners; above half of scan packets [NICTER].
    researcher_pps: float = 20.0  # Of each, towards the own prefixes [own].
    flood_pps: float = 400.0  # Of a bot in an attack [own]; [Mirai] saw more.
    flood_s: int = 900  # Attacks are short [own].
    forged_pps: float = 60_000.0  # SYN flood with forged sources, in total [own].
    apps: tuple[AppSpec, ...] = field(default_factory=lambda: APPS)
    standing: tuple[StandingSpec, ...] = field(default_factory=lambda: STANDING)
    models: tuple[ModelSpec, ...] = field(default_factory=lambda: MODELS)
    small: tuple[SmallSpec, ...] = field(default_factory=lambda: SMALL)
    swarms: tuple[SwarmSpec, ...] = field(default_factory=lambda: SWARMS)
    botnets: tuple[BotnetSpec, ...] = field(default_factory=lambda: BOTNETS)

    def __post_init__(self) -> None:
        if self.interval < 1:
            raise ValueError(f"sampling interval {self.interval} is below 1")
        if not self.exporters or min(self.exporters) < 1:
            raise ValueError("a world has exporters that sample no denser than 1 in N")
        if self.lines < 1 or self.days < 1:
            raise ValueError("a world has at least one line and one day")
        if sum(botnet.bots for botnet in self.botnets) > self.lines:
            raise ValueError("a world has no more bots than lines")

    @property
    def length_ms(self) -> int:
        """The length of the window."""
        return self.days * DAY_MS


_PC, _PHONE, _IOT = Device.PC, Device.PHONE, Device.IOT
_PEOPLE: Final = (_PC, _PHONE)

# Flow counts and sizes are [own], so that a line of mean activity makes about 80,000
# packets a day besides video and CDN bulk. Of that bulk only about a fiftieth of what
# [MIC] reports (some 10 GB a line and day) is drawn: it says nothing of C&C servers and
# would be nine tenths of all records.
APPS: Final[tuple[AppSpec, ...]] = (
    AppSpec(name="web", label="web", proto=TCP, ports=(443,), devices=_PEOPLE, v6=0.5,
            flows_per_day=180, packets=14, spread=1.2, servers=6_000),
    AppSpec(name="web-plain", label="web", proto=TCP, ports=(80, 8080), devices=_PEOPLE,
            flows_per_day=15, packets=12, spread=1.2, servers=3_000),
    AppSpec(name="quic", label="cdn", proto=UDP, ports=(443,), devices=_PEOPLE, v6=0.6,
            flows_per_day=80, packets=20, spread=1.3, up_bytes=200, servers=700, zipf=1.2,
            home="content"),
    AppSpec(name="video", label="cdn", proto=TCP, ports=(443,), devices=_PEOPLE, v6=0.5,
            flows_per_day=0.25, packets=6_000, spread=1.5, up_share=0.25, up_bytes=60,
            down_bytes=1_400, duration_s=900, servers=120, zipf=1.3, home="content"),
    AppSpec(name="dns", label="dns", proto=UDP, ports=(53,), devices=(_PC, _PHONE, _IOT), v6=0.2,
            flows_per_day=120, packets=2, spread=0.1, up_share=0.5, up_bytes=70, down_bytes=150,
            duration_s=0.05, servers=8, zipf=1.2, favourites=0.9),
    AppSpec(name="mail-send", label="mail-server", proto=TCP, ports=(587, 465), devices=_PEOPLE,
            users=0.4, flows_per_day=4, packets=60, up_share=0.6, up_bytes=900, down_bytes=90,
            servers=60, favourites=0.95),
    AppSpec(name="mail-relay", label="mail-server", proto=TCP, ports=(25,), devices=(_PC,),
            users=0.01, flows_per_day=120, packets=35, up_share=0.6, up_bytes=900, down_bytes=90,
            servers=400, favourites=0.2),
    AppSpec(name="update", label="update-server", proto=TCP, ports=(443, 80), devices=_PEOPLE,
            v6=0.3, flows_per_day=1.5, packets=600, spread=1.3, up_share=0.3, up_bytes=60,
            down_bytes=1_400, duration_s=120, servers=12),
    AppSpec(name="game", label="game", proto=UDP, ports=(27_015, 30_120, 7_777, 5_055),
            devices=_PEOPLE, users=0.08, flows_per_day=0.6, packets=25_000, spread=0.8,
            up_share=0.5, up_bytes=110, down_bytes=260, duration_s=2_400, servers=150),
    AppSpec(name="call", label="stun", proto=UDP, ports=(3_478, 19_302), devices=_PEOPLE, users=0.4,
            flows_per_day=25, packets=4, spread=0.4, up_share=0.5, up_bytes=56, down_bytes=70,
            servers=24, favourites=0.3),
    AppSpec(name="meeting", label="conference", proto=UDP, ports=(8_801, 3_479), devices=(_PC,),
            users=0.2, flows_per_day=0.3, packets=30_000, spread=0.8, up_share=0.45, up_bytes=700,
            down_bytes=900, duration_s=2_700, servers=80),
    AppSpec(name="tracker", label="tracker", proto=UDP, ports=(6_969, 1_337), devices=(_PC,),
            users=0.02, flows_per_day=600, packets=4, spread=0.2, up_share=0.5, up_bytes=110,
            down_bytes=300, servers=12, favourites=0.2),
)  # fmt: skip

# Periods: push 4 to 28 min as documented by the platforms' makers; NTP 64 to 1,024 s
# (RFC 5905); WireGuard 25 s (its manual); the rest [own].
STANDING: Final[tuple[StandingSpec, ...]] = (
    StandingSpec(name="push-a", label="push", proto=TCP, ports=(5_228,), devices=(_PHONE,),
                 users=0.45, servers=16, period_s=(240, 1_680)),
    StandingSpec(name="push-b", label="push", proto=TCP, ports=(5_223,), devices=(_PHONE, _PC),
                 users=0.4, servers=16, period_s=(240, 1_200)),
    StandingSpec(name="ntp", label="ntp", proto=UDP, ports=(123,), devices=(_PC, _IOT), users=0.7,
                 servers=40, period_s=(64, 1_024), per_tick=2, up_bytes=76, down_bytes=76),
    StandingSpec(name="mail-idle", label="mail-server", proto=TCP, ports=(993,),
                 devices=(_PC, _PHONE), users=0.25, servers=50, period_s=(120, 600)),
    StandingSpec(name="vpn", label="vpn", proto=UDP, ports=(4_500, 51_820, 1_194), devices=(_PC,),
                 users=0.06, servers=250, period_s=(2, 25), per_tick=4, up_bytes=300,
                 down_bytes=700, office_hours=True),
    StandingSpec(name="remote-support", label="remote-support", proto=TCP, ports=(5_938, 7_070),
                 devices=(_PC,), users=0.04, servers=40, period_s=(30, 90), office_hours=True),
    StandingSpec(name="chat", label="web", proto=TCP, ports=(443,), devices=_PEOPLE, users=0.5,
                 servers=90, period_s=(30, 300), per_tick=4, office_hours=True),
    StandingSpec(name="mining", label="mining-pool", proto=TCP, ports=(3_333, 14_444),
                 devices=(_PC,), users=0.006, servers=4, period_s=(20, 60), up_bytes=220,
                 down_bytes=400),
)  # fmt: skip

# Ports and periods in the manner of [IMC20]; shares fall steeply, so that some models
# are in few homes.
MODELS: Final[tuple[ModelSpec, ...]] = (
    ModelSpec(name="speaker", share=0.22, proto=TCP, port=443, period_s=60, up_bytes=120,
              down_bytes=110, hosts=4),
    ModelSpec(name="tv", share=0.20, proto=TCP, port=8_443, period_s=120, up_bytes=150,
              down_bytes=130, hosts=3),
    ModelSpec(name="recorder", share=0.12, proto=TCP, port=8_883, period_s=60, up_bytes=100,
              down_bytes=95, hosts=2),
    ModelSpec(name="camera-a", share=0.10, proto=UDP, port=32_100, period_s=25, up_bytes=90,
              down_bytes=80, hosts=3),
    ModelSpec(name="plug", share=0.09, proto=TCP, port=6_668, period_s=30, up_bytes=95,
              down_bytes=95, hosts=2),
    ModelSpec(name="router-a", share=0.08, proto=TCP, port=7_547, period_s=600, up_bytes=300,
              down_bytes=250, hosts=1),
    ModelSpec(name="vacuum", share=0.06, proto=TCP, port=8_886, period_s=40, up_bytes=110,
              down_bytes=100, hosts=1),
    ModelSpec(name="camera-b", share=0.05, proto=TCP, port=8_600, period_s=60, up_bytes=92,
              down_bytes=88, hosts=1),
    ModelSpec(name="doorbell", share=0.03, proto=UDP, port=20_002, period_s=20, up_bytes=84,
              down_bytes=72, hosts=1),
    ModelSpec(name="dvr", share=0.02, proto=TCP, port=34_567, period_s=60, up_bytes=92,
              down_bytes=92, hosts=1),
    ModelSpec(name="nas", share=0.02, proto=TCP, port=5_678, period_s=300, up_bytes=140,
              down_bytes=120, hosts=1),
    ModelSpec(name="meter", share=0.01, proto=TCP, port=1_883, period_s=60, up_bytes=88,
              down_bytes=80, hosts=1),
)  # fmt: skip


SMALL: Final[tuple[SmallSpec, ...]] = (
    SmallSpec(name="telemetry", share=0.75, odd=0.0,
              ports=(443, 8_443, 8_883, 5_671, 4_443, 1_883, 6_667, 9_001, 7_000, 10_001)),
    SmallSpec(name="installer", share=0.25, odd=0.0, reach=Reach.ONE_MODEL,
              ports=(443, 8_443, 8_883, 5_671, 4_443, 1_883, 6_667, 9_001, 7_000, 10_001)),
)  # fmt: skip

SWARMS: Final[tuple[SwarmSpec, ...]] = (
    SwarmSpec(name="bittorrent", proto=UDP, users=0.02, flows_per_day=2_500, packets=12),
)


def demo_spec(seed: int = 1) -> WorldSpec:
    """Give the world of the demonstration: 20,000 lines, a week, 1 in 10,000."""
    return WorldSpec(seed=seed)


def tiny_spec(seed: int = 1) -> WorldSpec:
    """Give a world for tests: 2,000 lines, a day, 1 in 100, little benign traffic."""
    botnets = tuple(_shrink(botnet) for botnet in BOTNETS)
    return WorldSpec(
        seed=seed,
        lines=2_000,
        days=1,
        interval=100,
        volume=0.03,
        telemetry=20,
        researcher_pps=0.3,
        flood_pps=4.0,
        forged_pps=600.0,
        botnets=botnets,
    )


def _shrink(botnet: BotnetSpec) -> BotnetSpec:
    return replace(
        botnet,
        bots=max(8, botnet.bots // 8),
        own_fronts=min(botnet.own_fronts, 2),
        remote_bots=botnet.remote_bots // 8,
        scan_pps=botnet.scan_pps / 20,
    )
