"""
Blueprints: the ranges from which families are drawn, for development and held out.

A blueprint joins a channel (how members keep in touch), a hosting, a schedule and an activity.
No such combination stands in both splits, and neither do ports, operators or the bulk of
the periods and sizes: what is tuned on development families is judged on others.

Sources of the ranges, by mark: [Mirai] Antonakakis et al., USENIX Security 2017 (60 s
keep-alive, telnet in ten to one, 250 bytes of probes a second, loaders beside C&C servers,
attacks of minutes); [D4] what 1 in 10,000 leaves of 60 s, 5 min and hourly beacons; [L]
lifetimes in days to weeks, most binaries with few hard-coded addresses (MalNet, IMC 2022;
Tanabe et al., JIP 2022); [RT] reports on Raptor Train and on residential proxies (tiers,
fleets of up to 60 servers, upper tier longer-lived); [B] beacon detectors' own defaults:
5 min, jitter up to a half (RITA; BAYWATCH, DSN 2016); [Chat] the specifications of IRC, XMPP
and MQTT 3.1.1, with a keep-alive of 30 to 120 s; [DGA] Plohmann et al., USENIX Security 2016: most
families make new names daily; [P2P] Rossow et al., S&P 2013: peers probed every few minutes
to half an hour, tens of neighbours; [own] ours, chosen to be plausible and to be varied.
"""

from dataclasses import dataclass
from typing import Final

from hinomi.bench.designs import Hosting, Schedule
from hinomi.bench.spec import TCP, UDP

Range = tuple[float, float]
"""Least and most; drawn evenly in the logarithm where the least is above 0."""

DEVELOPMENT: Final = "development"
HELD_OUT: Final = "held-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """Ranges from which families of one design are drawn."""

    name: str
    weight: float = 1.0  # How often it is drawn, beyond once.
    channel: str  # How members keep in touch, in a word.
    proto: int = TCP
    ports: tuple[int, ...] = ()  # One of them; none: one of the operator's odd ports.
    period_s: Range
    per_tick: tuple[int, int] = (2, 4)
    up_bytes: Range = (70, 160)
    down_bytes: Range = (70, 160)
    jitter: Range = (0.0, 0.1)
    reconnects: bool = False
    on_iot: bool = True  # Members are devices of one to three models; else PCs.
    members: tuple[int, int] = (5, 3_000)
    servers: tuple[int, int] = (1, 2)
    servers_each: tuple[int, int] = (1, 1)
    schedule: Schedule = Schedule.STEADY
    hop_h: Range = (6, 24)
    hosting: Hosting = Hosting.DEDICATED
    innocents: Range = (0.0, 0.0)
    sunk: tuple[int, int] = (0, 0)
    gone: tuple[int, int] = (0, 0)
    own_fronts: tuple[int, int] = (0, 0)
    remote_bots: tuple[int, int] = (0, 0)
    uppers: tuple[int, int] = (0, 0)
    upper_period_s: Range = (5, 20)
    peers: tuple[int, int] = (0, 0)
    scan_ports: tuple[tuple[int, ...], ...] = ()  # One of these sets.
    scan_pps: Range = (0.0, 0.0)
    scan_for_h: Range = (0.0, 0.0)
    mails_per_day: Range = (0.0, 0.0)
    relays_per_day: Range = (0.0, 0.0)
    attacks: bool = False
    loaders: tuple[int, int] = (0, 0)
    loads_per_day: Range = (0.0, 0.0)

    @property
    def activity(self) -> str:
        """What members do to others, in a word."""
        if self.scan_ports:
            return "scan"
        if self.mails_per_day[1]:
            return "spam"
        if self.relays_per_day[1]:
            return "relay"
        return "attack" if self.attacks else "none"

    @property
    def combination(self) -> tuple[str, str, str, str]:
        """What distinguishes designs: channel, hosting (or its place), schedule, activity."""
        place = "peers" if self.peers[1] else "own" if self.own_fronts[1] else str(self.hosting)
        return self.channel, place, str(self.schedule), self.activity


_TELNET: Final = ((23, 2_323), (23, 2_323, 5_555), (23, 26), (2_323, 23))  # [Mirai]
_EXPLOITS: Final = ((7_547, 5_555), (37_215, 52_869), (8_080, 81, 80))  # Ports of its variants.
_LOGINS: Final = ((22, 2_222), (22,), (3_389,), (9_527, 34_567), (60_001, 8_443))

_DEVELOPMENT: Final = (
    Blueprint(name="telnet-worm", weight=3, channel="keep-alive", period_s=(45, 75),
              servers=(1, 3), scan_ports=_TELNET, scan_pps=(0.3, 6), attacks=True,
              gone=(0, 1), loaders=(1, 2), loads_per_day=(0.2, 1)),  # [Mirai]
    Blueprint(name="irc-worm", channel="irc", ports=(6_667, 6_697, 7_000), period_s=(60, 120),
              per_tick=(2, 2), scan_ports=_TELNET, scan_pps=(0.2, 3), attacks=True,
              loaders=(1, 1), loads_per_day=(0.2, 1)),  # [Chat] [Mirai]
    Blueprint(name="exploit-worm", channel="keep-alive", period_s=(30, 90), servers=(2, 4),
              schedule=Schedule.TURNS, scan_ports=_EXPLOITS, scan_pps=(0.2, 3),
              loaders=(1, 2), loads_per_day=(0.1, 0.5), attacks=True),  # [L]
    Blueprint(name="irc-herd", channel="irc", on_iot=False, ports=(6_667, 6_668, 6_669, 6_697),
              period_s=(60, 180), per_tick=(2, 2), members=(5, 600)),  # [Chat]
    Blueprint(name="https-beacon", weight=3, channel="https", on_iot=False, ports=(443,),
              period_s=(60, 400), per_tick=(8, 14), jitter=(0.1, 0.4), reconnects=True,
              up_bytes=(180, 450), down_bytes=(180, 700), servers=(1, 2)),  # [D4] [B]
    Blueprint(name="https-fleet", channel="https", on_iot=False, ports=(443, 8_443),
              period_s=(120, 400), per_tick=(8, 14), jitter=(0.1, 0.3), reconnects=True,
              up_bytes=(180, 450), down_bytes=(180, 700), servers=(2, 4),
              schedule=Schedule.ROTATING, hop_h=(6, 24)),  # [RT]
    Blueprint(name="proxy", weight=2, channel="keep-alive", period_s=(30, 60), servers=(1, 3),
              servers_each=(1, 2), relays_per_day=(4, 25), loaders=(0, 1)),  # [RT]
    Blueprint(name="proxy-tiers", weight=2, channel="keep-alive", period_s=(45, 90),
              servers=(0, 2), servers_each=(1, 2), own_fronts=(3, 8), remote_bots=(40, 400),
              uppers=(1, 1), relays_per_day=(2, 10), members=(20, 3_000)),  # [RT]
    Blueprint(name="spam-poll", channel="http", on_iot=False, ports=(80, 8_080),
              period_s=(90, 300), per_tick=(6, 10), jitter=(0.0, 0.2), reconnects=True,
              up_bytes=(150, 350), down_bytes=(300, 900), mails_per_day=(300, 2_000)),  # [own]
    Blueprint(name="rat", weight=2, channel="keep-alive", on_iot=False, period_s=(10, 60),
              members=(5, 60)),  # [own]: trojans in few hands.
    Blueprint(name="udp-beat", channel="udp", proto=UDP, period_s=(20, 60), per_tick=(2, 2),
              up_bytes=(50, 120), down_bytes=(45, 110), servers=(1, 3)),  # [own]
    Blueprint(name="udp-mesh", channel="udp", proto=UDP, period_s=(120, 600), per_tick=(2, 2),
              servers=(0, 0), peers=(10, 30), members=(40, 3_000)),  # [P2P]
    Blueprint(name="shared-side-port", channel="side https", on_iot=False,
              ports=(2_083, 2_096, 8_443), period_s=(120, 400), per_tick=(8, 12),
              jitter=(0.1, 0.3), reconnects=True, up_bytes=(180, 450), down_bytes=(180, 700),
              servers=(1, 1), hosting=Hosting.SHARED, innocents=(0.0002, 0.005)),  # [own]
    Blueprint(name="own-server", channel="keep-alive", period_s=(45, 75), servers=(0, 0),
              own_fronts=(1, 2), remote_bots=(50, 300), members=(10, 500)),  # [own]
    Blueprint(name="sunk", channel="http", on_iot=False, ports=(80, 8_080), period_s=(90, 300),
              per_tick=(6, 10), reconnects=True, servers=(1, 2), sunk=(2, 2),
              members=(10, 600)),  # [own]: IEICE 2025 joins sinkholes with flows.
    Blueprint(name="ghost", channel="keep-alive", period_s=(30, 60), per_tick=(1, 1),
              servers=(0, 0), gone=(1, 1), scan_ports=_TELNET, scan_pps=(0.1, 0.5),
              members=(10, 600)),  # [L]: 91 % silent within hours.
)  # fmt: skip

_HELD_OUT: Final = (
    Blueprint(name="slow-worm", weight=2, channel="tls", ports=(443, 8_883), period_s=(90, 240),
              up_bytes=(90, 260), down_bytes=(90, 260), servers=(1, 3), scan_ports=_LOGINS,
              scan_pps=(0.02, 0.3), loaders=(1, 2), loads_per_day=(0.0, 0.2),
              gone=(0, 1)),  # [own]: scanning slow enough to stay below notice.
    Blueprint(name="brief-worm", channel="udp", proto=UDP, period_s=(60, 150), per_tick=(2, 4),
              servers=(1, 3), scan_ports=_LOGINS, scan_pps=(1, 8), scan_for_h=(2, 24),
              attacks=True, loaders=(1, 1)),  # [own]: stops to scan after its infection.
    Blueprint(name="tv-proxy", weight=3, channel="tls", ports=(443, 8_443, 6_699),
              period_s=(25, 55), up_bytes=(80, 220), down_bytes=(80, 220), servers=(3, 8),
              schedule=Schedule.ROTATING, hop_h=(3, 48), relays_per_day=(5, 60),
              loaders=(0, 1)),  # [RT]: fleets of gateways.
    Blueprint(name="proxy-towers", weight=2, channel="tls", period_s=(60, 150), servers=(1, 3),
              servers_each=(1, 1), own_fronts=(3, 12), remote_bots=(60, 900), uppers=(1, 2),
              upper_period_s=(8, 40), schedule=Schedule.ROTATING, hop_h=(24, 96),
              members=(30, 3_000), relays_per_day=(2, 12)),  # [RT]: two upper servers.
    Blueprint(name="slow-beacon", weight=2, channel="slow https", on_iot=False, ports=(443,),
              period_s=(400, 1_800), per_tick=(10, 18), jitter=(0.3, 0.6), reconnects=True,
              up_bytes=(250, 600), down_bytes=(250, 900)),  # [B] [D4]: towards the hourly one.
    Blueprint(name="daily-names", channel="https", on_iot=False, ports=(443, 80),
              period_s=(180, 500), per_tick=(8, 14), jitter=(0.2, 0.5), reconnects=True,
              up_bytes=(150, 500), down_bytes=(150, 800), servers=(5, 7),
              schedule=Schedule.DAILY, members=(15, 3_000)),  # [DGA]
    Blueprint(name="moving-poll", weight=2, channel="http", on_iot=False, ports=(80, 8_000, 8_088),
              period_s=(90, 400), per_tick=(6, 12), jitter=(0.0, 0.3), reconnects=True,
              up_bytes=(150, 400), down_bytes=(200, 900), servers=(2, 4),
              schedule=Schedule.TURNS),  # [L]: lives of days.
    Blueprint(name="behind-cdn", weight=0.5, channel="https", on_iot=False, ports=(443,),
              period_s=(60, 600), per_tick=(8, 14), jitter=(0.1, 0.5), reconnects=True,
              up_bytes=(200, 500), down_bytes=(200, 900), servers=(1, 1), hosting=Hosting.CDN,
              innocents=(0.03, 0.2)),  # [own]: by its address nobody can find it.
    Blueprint(name="shared-same-port", channel="https", on_iot=False, ports=(443,),
              period_s=(60, 400), per_tick=(8, 14), jitter=(0.1, 0.4), reconnects=True,
              up_bytes=(200, 500), down_bytes=(200, 900), servers=(1, 1),
              hosting=Hosting.SHARED, innocents=(0.0002, 0.004)),  # [own]
    Blueprint(name="message-bus", weight=2, channel="mqtt", ports=(1_883, 8_883, 5_222),
              period_s=(30, 120), per_tick=(2, 3), servers=(1, 3), attacks=True,
              gone=(0, 1)),  # [Chat]: does not scan, bought as a load of devices.
    Blueprint(name="udp-disguised", channel="udp service", proto=UDP, ports=(53, 123, 443, 3_478),
              period_s=(60, 200), per_tick=(2, 4), up_bytes=(60, 240), down_bytes=(60, 240),
              jitter=(0.0, 0.4), on_iot=False, servers=(1, 3)),  # [own]
    Blueprint(name="tcp-mesh", channel="mesh", period_s=(200, 1_200), per_tick=(3, 6),
              jitter=(0.1, 0.5), servers=(0, 0), peers=(8, 45), members=(40, 3_000),
              on_iot=False),  # [P2P]
    Blueprint(name="own-fleet", channel="keep-alive", period_s=(30, 120), servers=(0, 0),
              own_fronts=(2, 5), remote_bots=(40, 300), schedule=Schedule.ROTATING,
              hop_h=(12, 72), members=(20, 800)),  # [own]
    Blueprint(name="spam-tls", channel="https", on_iot=False, ports=(443,), period_s=(120, 600),
              per_tick=(8, 14), jitter=(0.1, 0.4), reconnects=True, up_bytes=(200, 500),
              down_bytes=(400, 1_100), mails_per_day=(100, 900), servers=(1, 3)),  # [own]
    Blueprint(name="sleeper", channel="keep-alive", period_s=(240, 1_200), jitter=(0.2, 1.0),
              per_tick=(4, 8), reconnects=True, servers=(1, 2), attacks=True),  # [D4]
    Blueprint(name="implant", weight=2, channel="binary", on_iot=False, period_s=(20, 90),
              per_tick=(1, 3), jitter=(0.5, 1.0), up_bytes=(60, 400), down_bytes=(60, 400),
              members=(5, 80)),  # [own]: few targets, noisy clock.
    Blueprint(name="half-sunk", channel="http", on_iot=False, ports=(80, 8_000),
              period_s=(120, 500), per_tick=(6, 10), jitter=(0.0, 0.3), reconnects=True,
              servers=(3, 4), sunk=(1, 2), schedule=Schedule.ROTATING, hop_h=(4, 24),
              members=(10, 800)),  # [own]: a part of the fleet was taken over.
    Blueprint(name="half-dead", channel="tls", ports=(443, 4_443), period_s=(60, 180),
              servers=(1, 2), gone=(1, 2), members=(10, 1_500)),  # [L]
)  # fmt: skip

BLUEPRINTS: Final[dict[str, tuple[Blueprint, ...]]] = {
    DEVELOPMENT: _DEVELOPMENT,
    HELD_OUT: _HELD_OUT,
}

ODD_PORTS: Final[dict[str, tuple[Range, tuple[int, ...]]]] = {
    DEVELOPMENT: ((1_100, 19_999), (48_101, 38_080, 9_030, 5_050, 4_444, 1_312)),
    HELD_OUT: ((20_000, 59_999), (6_738, 1_999, 3_074, 8_723, 1_024, 9_375)),
}
"""An operator's odd ports: any in the range, or one of those seen in the wild [own]."""
