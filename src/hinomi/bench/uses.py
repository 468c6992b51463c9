"""
Further benign uses, from which the larger worlds are drawn beside those of `bench.spec`.

Sources by mark as in `bench.spec`. Periods: SIP 20 to 120 s (RFC 5626, section 4.4),
XMPP and IRC pings 60 to 600 s (their servers' manuals); the rest [own].
"""

from typing import Final

from hinomi.bench.spec import (
    TCP,
    UDP,
    AppSpec,
    Device,
    Reach,
    SmallSpec,
    StandingSpec,
    SwarmSpec,
)

_PC, _PHONE, _IOT = Device.PC, Device.PHONE, Device.IOT
_PEOPLE: Final = (_PC, _PHONE)

FURTHER_APPS: Final[tuple[AppSpec, ...]] = (
    AppSpec(name="video-quic", label="cdn", proto=UDP, ports=(443,), devices=_PEOPLE, v6=0.6,
            flows_per_day=0.2, packets=7_000, spread=1.5, up_share=0.2, up_bytes=60,
            down_bytes=1_300, duration_s=900, servers=160, zipf=1.3, home="content"),
    AppSpec(name="tv-stream", label="cdn", proto=TCP, ports=(443, 8_080), devices=(_IOT,),
            users=0.2, flows_per_day=0.3, packets=9_000, spread=1.4, up_share=0.25, up_bytes=60,
            down_bytes=1_400, duration_s=2_000, servers=60, zipf=1.2, home="content"),
    AppSpec(name="doh", label="dns", proto=TCP, ports=(443, 853), devices=_PEOPLE, users=0.15,
            v6=0.4, flows_per_day=30, packets=16, spread=0.8, up_bytes=140, down_bytes=300,
            duration_s=60, servers=10, zipf=1.3),
    AppSpec(name="backup", label="cloud-storage", proto=TCP, ports=(443,), devices=_PEOPLE,
            users=0.3, flows_per_day=1.0, packets=1_500, spread=1.5, up_share=0.65,
            up_bytes=1_300, down_bytes=80, duration_s=200, servers=40, home="content"),
    AppSpec(name="ssh", label="ssh-server", proto=TCP, ports=(22, 2_222), devices=(_PC,),
            users=0.02, flows_per_day=6, packets=300, spread=1.6, up_share=0.5, up_bytes=100,
            down_bytes=200, duration_s=1_500, servers=600, favourites=0.95),
    AppSpec(name="remote-desktop", label="remote-desktop", proto=TCP, ports=(3_389, 5_900),
            devices=(_PC,), users=0.02, flows_per_day=1.5, packets=9_000, spread=1.0,
            up_share=0.4, up_bytes=90, down_bytes=700, duration_s=5_000, servers=300,
            favourites=0.98, home="business"),
    AppSpec(name="ftp", label="file-server", proto=TCP, ports=(21, 990), devices=(_PC,),
            users=0.01, flows_per_day=4, packets=40, servers=120, favourites=0.9),
    AppSpec(name="live-video", label="cdn", proto=TCP, ports=(1_935, 443), devices=(_PC,),
            users=0.02, flows_per_day=0.3, packets=40_000, spread=0.8, up_share=0.6,
            up_bytes=1_300, down_bytes=60, duration_s=5_000, servers=20),
    AppSpec(name="voice-chat", label="voice-server", proto=UDP, ports=(50_004, 9_987, 64_738),
            devices=_PEOPLE, users=0.06, flows_per_day=0.5, packets=20_000, spread=0.9,
            up_share=0.5, up_bytes=150, down_bytes=170, duration_s=3_000, servers=200, zipf=0.8),
    AppSpec(name="web-odd", label="web", proto=TCP, ports=(8_443, 8_080, 8_000, 2_083),
            devices=_PEOPLE, users=0.3, flows_per_day=3, packets=16, spread=1.2, servers=1_500,
            zipf=0.8, favourites=0.8),
)  # fmt: skip

FURTHER_STANDING: Final[tuple[StandingSpec, ...]] = (
    StandingSpec(name="sip", label="voip", proto=UDP, ports=(5_060, 5_061), devices=(_IOT,),
                 users=0.06, servers=30, period_s=(20, 120), per_tick=2, up_bytes=420,
                 down_bytes=400, home="business"),
    StandingSpec(name="xmpp", label="chat-server", proto=TCP, ports=(5_222, 443), devices=_PEOPLE,
                 users=0.1, servers=40, period_s=(60, 300)),
    StandingSpec(name="irc", label="irc-server", proto=TCP, ports=(6_697, 6_667), devices=(_PC,),
                 users=0.003, servers=25, period_s=(60, 240), per_tick=2),
    StandingSpec(name="sync", label="cloud-storage", proto=TCP, ports=(443,), devices=_PEOPLE,
                 users=0.3, servers=50, period_s=(60, 900), per_tick=4, up_bytes=200,
                 down_bytes=160, office_hours=True, home="content"),
    StandingSpec(name="console", label="game", proto=UDP, ports=(3_074, 3_478), devices=(_IOT,),
                 users=0.08, servers=30, period_s=(20, 60), per_tick=2),
    StandingSpec(name="vpn-tls", label="vpn", proto=TCP, ports=(443, 10_443, 4_433),
                 devices=(_PC,), users=0.04, servers=300, period_s=(5, 60), per_tick=4,
                 up_bytes=300, down_bytes=600, office_hours=True, home="business"),
    StandingSpec(name="vpn-consumer", label="vpn", proto=UDP, ports=(51_820, 1_194, 443),
                 devices=_PEOPLE, users=0.03, servers=120, period_s=(1, 15), per_tick=6,
                 up_bytes=400, down_bytes=900),
    StandingSpec(name="relay-support", label="remote-support", proto=TCP,
                 ports=(21_116, 6_568, 443), devices=(_PC,), users=0.03, servers=30,
                 period_s=(15, 60), office_hours=True),
    StandingSpec(name="home-hub", label="home-automation", proto=TCP, ports=(8_883, 443),
                 devices=(_IOT,), users=0.1, servers=20, period_s=(30, 120)),
)  # fmt: skip

SMALL_KINDS: Final[tuple[SmallSpec, ...]] = (
    SmallSpec(name="telemetry", share=0.30,
              ports=(443, 8_443, 8_883, 5_671, 4_443, 1_883, 9_001, 10_001)),
    SmallSpec(name="alarm-centre", share=0.10, ports=(9_999, 12_300, 5_000, 20_000), odd=0.6,
              clients=(25.0, 1.0, 300), period_s=(15, 90), per_tick=(2, 2), bytes=(60, 110),
              udp=0.4),
    SmallSpec(name="installer", share=0.16, reach=Reach.ONE_MODEL,
              ports=(443, 8_443, 1_883, 9_000, 37_777), odd=0.4, clients=(18.0, 1.1, 300),
              period_s=(20, 600)),
    SmallSpec(name="remote-maintenance", share=0.12, reach=Reach.PCS,
              ports=(443, 5_721, 8_040, 4_070), odd=0.5, clients=(8.0, 1.1, 120),
              period_s=(30, 600), office_hours=0.7, reconnects=0.4, per_tick=(3, 10)),
    SmallSpec(name="server-to-server", share=0.14, reach=Reach.BUSINESSES,
              ports=(443, 5_432, 3_306, 8_443, 22, 1_433, 6_379, 5_672, 9_200, 873),
              clients=(4.0, 0.9, 60), period_s=(5, 300), per_tick=(2, 8), bytes=(60, 700),
              udp=0.05, odd=0.2),
    SmallSpec(name="payment", share=0.08, reach=Reach.BUSINESSES, ports=(443, 8_443, 11_000),
              clients=(12.0, 1.0, 150), period_s=(30, 300), reconnects=0.3),
    SmallSpec(name="community", share=0.10, reach=Reach.PCS, odd=0.7,
              ports=(443, 8_448, 25_565, 7_000), clients=(15.0, 1.3, 300), period_s=(10, 120),
              office_hours=0.6),
)  # fmt: skip

FURTHER_SWARMS: Final[tuple[SwarmSpec, ...]] = (
    SwarmSpec(name="coin-nodes", proto=TCP, users=0.004, flows_per_day=900, packets=40,
              bytes=300, ports=(8_333,), peers=9_000),
    SwarmSpec(name="ledger-nodes", proto=TCP, users=0.003, flows_per_day=1_500, packets=30,
              bytes=250, ports=(30_303, 30_304), peers=7_000),
    SwarmSpec(name="file-web", proto=UDP, users=0.003, flows_per_day=4_000, packets=10,
              bytes=400, ports=(4_001,), peers=20_000),
    SwarmSpec(name="p2p-tv", proto=UDP, users=0.008, flows_per_day=700, packets=60, bytes=1_000,
              peers=15_000, called=0.3),
)  # fmt: skip
