"""What bots are used for: scanning, trying passwords, carrying others, spam and mining."""

from typing import Final

import numpy as np

from hinomi.bench.addressing import Codes
from hinomi.bench.ground.draws import Draws, Reals, Wholes
from hinomi.bench.profiled.everyday import Use, use
from hinomi.bench.profiled.families import Design, Family, Scan, Underworld
from hinomi.bench.profiled.hours import DAYS, Habit
from hinomi.bench.profiled.scene import Scene, new_host, new_hosts
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Relations, Rows
from hinomi.bench.profiled.web import popular_site, visit_for_others
from hinomi.model.protocol import Protocol

# Ports that self-spreading IoT malware tries: Telnet and its neighbours, ADB, TR-069, the
# interfaces of routers and recorders (Antonakakis et al., USENIX Security 2017, and successors).
_SCAN_PORTS: Final = (
    23, 2323, 22, 80, 8080, 5555, 7547, 37215, 52869, 81, 8443, 60001, 5358,
)  # fmt: skip
_PROBES: Final = (np.log(55), 1.4, 2_500)  # Sampled of a bot: log-normal, and the most.
_SCANNING: Final = 0.85  # Share of the bots.
_INTO_OWN: Final = 0.03
_ANSWERED: Final = 0.06
_LOGIN_HOSTS: Final = 25  # On which a family's bots try passwords,
_LOGINS: Final = 5.0  # each of them so often,
_LOGIN_PROBES: Final = 3  # if it scans more than this.
_LOGIN_SITES: Final = 400
_LOGIN_PORTS: Final = (22, 23, 80, 2222)

_CARRIED: Final = (4, 20)  # Visits of others over a proxy.
_ABUSED: Final = (3, 12)  # Sites that are visited over proxies above all.
_ABUSED_RANKS: Final = (300, 3_000)

_MAIL_HOSTS: Final = 300
_MAIL_PORT: Final = 25
_MAILS: Final = (2.5, 1.0)
_MAILERS: Final = 0.08  # Businesses that send mail themselves.

_POOL_PORT: Final = 3_333
_POOLS: Final = 4
_MINERS: Final = 0.001  # Lines that mine for themselves.


def mail_hosts(draws: Draws) -> Codes:
    """Draw the large mail servers."""
    return new_hosts(draws, _MAIL_HOSTS)


def login_hosts(draws: Draws) -> tuple[Codes, Wholes]:
    """Draw hosts, and their ports, whose passwords bots try."""
    return new_hosts(draws, _LOGIN_SITES), draws.some(np.array(_LOGIN_PORTS), _LOGIN_SITES)


def act(scene: Scene, under: Underworld, family: Family) -> None:
    """Let the bots of a family do what they are for."""
    draws = scene.draws(f"conduct {family.name}")
    if not family.bots.size:
        return
    if family.design == Design.IOT_SCAN:
        under.scans.append(_scan(scene, draws, family))
        _try_passwords(scene, draws, under, family)
    elif family.design in {Design.TIERED, Design.PROXY}:
        _carry(scene, draws, family)
    elif family.design == Design.SPAM:
        _spam(scene, draws, under, family)
    elif family.design == Design.MINER:
        _mine(scene, draws, family)


def deliver_mail(scene: Scene, mail: Codes) -> None:
    """Let businesses send mail to the servers that get the spam, too."""
    scene.book.name_all(mail, Protocol.TCP, _MAIL_PORT, "mail-server")
    draws = scene.draws("mailers")
    business = np.flatnonzero(scene.lines.business)
    sending = Use(
        name="mail delivery", share=0.0, servers=mail.size, steepness=0.9, ports=(_MAIL_PORT,),
        proto=Protocol.TCP, shape=Usual.SMTP, rate=1.0, habit=Habit.BUSINESS, each=6,
        constant=True,
    )  # fmt: skip
    mailers = business[draws.chances(_MAILERS, business.size)]
    use(scene, sending, codes=mail, lines=mailers)


def _left(since: Reals) -> Reals:
    """Tell what share of the window is left after an infection."""
    return np.asarray(1 - since / DAYS, np.float64)


def _scan(scene: Scene, draws: Draws, family: Family) -> Scan:
    bots, since, lines = family.bots, family.since, scene.lines
    ports = draws.rng.choice(_SCAN_PORTS, draws.whole(1, 4), replace=False)
    rate = np.minimum(draws.spread(*_PROBES[:2], bots.size), _PROBES[2]) * scene.size.scans
    rate *= _left(since) * (scene.unit(bots, 95) < _SCANNING)
    probes = draws.rng.poisson(rate)
    probe = np.repeat(np.arange(bots.size), probes)
    line, count = bots[probe], probe.size
    inside = draws.chances(_INTO_OWN, count)
    target = np.where(inside, scene.own_places(draws, count), new_hosts(draws, count))
    port = ports[np.minimum(draws.rng.geometric(0.6, count) - 1, ports.size - 1)]
    wide = lines.port_span[line].astype(np.float64)
    client_port = lines.port_base[line] + (draws.rng.random(count) * wide).astype(np.int64)
    at = since[probe] + draws.rng.random(count) * (DAYS - since[probe])
    client, everyone = lines.codes(line), np.ones(count, np.bool_)
    answered = draws.chances(_ANSWERED, count)
    for some, shape in ((everyone, Usual.PROBE), (answered, Usual.PROBE_ANSWERED)):
        back = np.full(int(some.sum()), shape == Usual.PROBE_ANSWERED)
        scene.sheet.write(draws, Rows(
            client=client[some], server=target[some], client_port=client_port[some],
            server_port=port[some], proto=Protocol.TCP, shape=shape, down=back, at=at[some],
        ))  # fmt: skip
    return Scan(bots=bots, probes=probes)


def _try_passwords(scene: Scene, draws: Draws, under: Underworld, family: Family) -> None:
    """Let scanning bots try the same hosts: these have bots for clients, as a C&C has."""
    codes, ports = under.logins
    chosen = draws.rng.choice(codes.size, _LOGIN_HOSTS)
    eager = under.scans[-1].probes > _LOGIN_PROBES
    bot = np.repeat(np.arange(family.bots.size), draws.rng.poisson(_LOGINS * eager))
    rank = np.minimum(draws.ranks(0.9, _LOGIN_HOSTS + 1, bot.size), _LOGIN_HOSTS) - 1
    site, line = chosen[rank], family.bots[bot]
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line), server=codes[site], port=ports[site],
        proto=Protocol.TCP, shape=Usual.LOGIN_TRIES, up=0.45, down=0.4, line=line,
        starts=family.since[bot],
    ))  # fmt: skip
    for place in np.unique(site).tolist():
        service = int(codes[place]), int(Protocol.TCP), int(ports[place])
        scene.book.name(service, "scan-target", family.name)


def _carry(scene: Scene, draws: Draws, family: Family) -> None:
    """Let others browse over the bots, and some sites be abused over them."""
    bots, since = family.bots, family.since
    visit = np.repeat(
        np.arange(bots.size), draws.rng.poisson(draws.number(*_CARRIED) * _left(since))
    )
    at = since[visit] + draws.rng.random(visit.size) * (DAYS - since[visit])
    visit_for_others(scene, draws, bots[visit], at)
    abused = np.array([
        popular_site(scene, draws, *_ABUSED_RANKS) if draws.happens(0.5) else new_host(draws)
        for _ in range(draws.whole(*_ABUSED))
    ], np.int64)  # fmt: skip
    bot = np.repeat(np.arange(bots.size), draws.rng.poisson(3.0, bots.size))
    rate = draws.number(0.05, 0.4) * draws.spread(-0.5, 1.0, bot.size)
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(bots[bot]), server=draws.some(abused, bot.size), port=443,
        proto=Protocol.TCP, shape=Usual.WEB_INTERACTIVE, up=rate * 0.45, down=rate * 0.55,
        line=bots[bot], habit=Habit.SEMI, starts=since[bot], life=0.001,
    ))  # fmt: skip
    scene.book.name_all(abused, Protocol.TCP, 443, "abuse-target", family.name)


def _spam(scene: Scene, draws: Draws, under: Underworld, family: Family) -> None:
    mails = draws.rng.poisson(draws.spread(*_MAILS, family.bots.size))
    bot = np.repeat(np.arange(family.bots.size), mails)
    rank = np.minimum(draws.ranks(0.9, _MAIL_HOSTS + 1, bot.size), _MAIL_HOSTS) - 1
    line = family.bots[bot]
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line), server=under.mail[rank], port=_MAIL_PORT,
        proto=Protocol.TCP, shape=Usual.SMTP, up=0.55, down=0.45, line=line, habit=Habit.HOME,
        starts=family.since[bot], life=0.001,
    ))  # fmt: skip


def _mine(scene: Scene, draws: Draws, family: Family) -> None:
    """Let bots mine at pools where others mine for themselves."""
    pools = new_hosts(draws, _POOLS)
    willing = scene.lines.pick(int(scene.lines.count * _MINERS) + 3, draws)
    line = np.unique(np.append(family.bots, willing))
    rate = draws.number(0.5, 3) / 2
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line), server=pools[scene.below(_POOLS, line, 96)],
        port=_POOL_PORT, proto=Protocol.TCP, shape=scene.shapes.keep_alive(draws), up=rate,
        down=rate, line=line,
    ))  # fmt: skip
    scene.book.name_all(pools, Protocol.TCP, _POOL_PORT, "mining-pool")
