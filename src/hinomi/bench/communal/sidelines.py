"""What else bots meet: loaders, pools, sinkholes, dead servers, mail, and their users' vices."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, Ints, popularity
from hinomi.bench.communal.control import choose_port
from hinomi.bench.communal.families import Design, Family, Platform
from hinomi.bench.communal.hosts import Where
from hinomi.bench.communal.kinds import DAY_MS, WEEK_MS
from hinomi.bench.communal.packets import Talk, contacts
from hinomi.bench.communal.register import TCP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

_CHECKERS, _ADVERTISERS = 5, 60
_SINKHOLES: Final = (5, 8)
_MAILS: Final = 90  # Mail servers that a spamming bot meets.
_CHANNELS: Final = 4


def prepare(scene: Scene, chance: Chance) -> None:
    """Set up what several families and the innocent share: address checks, ads, sinkholes."""
    add, count = scene.register.add, scene.lines.count
    checkers = add(_CHECKERS, chance.some((80, 443), _CHECKERS), TCP, "ip-check", v6=0.2)
    ads = add(_ADVERTISERS, 443, TCP, "ad-network", v6=0.2)
    port = chance.one((80, 443, 8_080, 6_667, 443))
    scene.shared["sinkhole"] = add(chance.whole(*_SINKHOLES), port, TCP, "sinkhole")
    scene.shared["ip-check"], scene.shared["ads"] = checkers, ads
    line = scene.any_line(chance, count * 0.03)
    checker = checkers[chance.ranked(popularity(_CHECKERS, 1), line.size)]
    scene.traffic.relate(line, 0, checker, 0.12, Talk.SHORT, hours=Hours.AWAKE)
    line = scene.any_line(chance, count * 0.3)
    network = ads[chance.ranked(popularity(_ADVERTISERS, 0.8), line.size)]
    scene.traffic.relate(line, 2, network, 0.3, Talk.SHORT, hours=Hours.AWAKE)


def go_astray(scene: Scene, family: Family, chance: Chance) -> None:
    """Draw all that the bots of a family do besides calling, scanning and flooding."""
    _spam(scene, family, chance)
    if family.design is not Design.MESH:
        _load(scene, family, chance)
        _sink(scene, family, chance)
        _call_the_dead(scene, family, chance)
    if chance.happens(0.14):
        bot = _some(family, 0.5, chance)
        pool = chance.some(scene.shared["mining"][:3], bot.size)
        rate = float(contacts(40, 3)) * 0.8
        _relate(scene, family, bot, pool, rate=rate, talk=Talk.KEEP)
    if family.platform is Platform.BOX and chance.happens(0.8):
        _watch(scene, family, chance)
    if family.platform is Platform.PERSON and chance.happens(0.6):
        _crack(scene, family, chance)
    if chance.happens(0.35):
        bot = _some(family, 0.7, chance)
        checker = chance.some(scene.shared["ip-check"], bot.size)
        _relate(scene, family, bot, checker, rate=0.25)
    if family.design in {Design.ADS, Design.MOBILE} or chance.happens(0.1):
        bot = np.repeat(np.arange(family.size), 4)
        _relate(scene, family, bot, chance.some(scene.shared["ads"], bot.size), rate=0.8)


def _relate(
    scene: Scene,
    family: Family,
    bot: Ints,
    service: Ints,
    *,
    rate: float,
    talk: Talk = Talk.SHORT,
) -> None:
    scene.traffic.relate(
        family.line[bot],
        family.device[bot],
        service,
        rate,
        talk,
        since=family.since[bot],
        until=family.until[bot],
        hours=family.hours,
    )


def _some(family: Family, share: float, chance: Chance) -> Ints:
    """Choose a share of the members, at least one."""
    return chance.rng.permutation(family.size)[: max(1, int(family.size * share))]


def _spam(scene: Scene, family: Family, chance: Chance) -> None:
    chatting = family.design is Design.CHAT and chance.happens(0.3)
    if family.design is not Design.SPAM and not chatting:
        return
    bot = np.repeat(_some(family, chance.between(0.5, 1.0), chance), _MAILS)
    often = np.clip(chance.spread(35, 0.8, family.size), 3.0, 250.0) * family.duty
    scene.traffic.relate(
        family.line[bot],
        family.device[bot],
        scene.popular("mail", chance, bot.size),
        often[bot] / _MAILS,
        Talk.SHORT,
        since=family.since[bot],
        until=family.until[bot],
        hours=family.hours,
        up_share=0.6,
    )


def _load(scene: Scene, family: Family, chance: Chance) -> None:
    """Fetch the bot, once after infection or again and again; now and then from the C&C."""
    if not chance.happens(0.65):
        return
    if chance.happens(0.2) and family.servers:
        code = scene.register.columns.code[family.servers[:1]]
        port = chance.one((80, 8_081, 8_888))
        loaders = scene.register.add(1, port, TCP, "loader", family=family.name, code=code)
    else:
        known = chance.one((80, 8_080, 69, 8_888, 443, None))
        port = chance.whole(1_025, 65_000) if known is None else known
        loaders = scene.register.add(chance.whole(1, 3), port, TCP, "loader", family=family.name)
    since = np.maximum(family.since, 0)
    last = since + DAY_MS if chance.happens(0.5) else np.full(family.size, WEEK_MS)
    scene.traffic.relate(
        family.line,
        family.device,
        chance.some(loaders, family.size),
        chance.spread(0.05 if chance.happens(0.7) else 0.35, 0.7, family.size),
        Talk.BULK_DOWN,
        since=since,
        until=np.minimum(family.until, last),
        up_share=0.25,
    )


def _sink(scene: Scene, family: Family, chance: Chance) -> None:
    """Let old versions of the bot call a sinkhole, which answers."""
    if not chance.happens(0.3):
        return
    bot = _some(family, chance.between(0.1, 0.6), chance)
    scene.traffic.relate(
        family.line[bot],
        family.device[bot],
        chance.one(scene.shared["sinkhole"].tolist()),
        contacts(max(family.period_s, 60.0), 8) * family.duty[bot] * 0.6,
        Talk.SHORT,
        since=family.since[bot],
        until=family.until[bot],
        hours=family.hours,
    )


def _call_the_dead(scene: Scene, family: Family, chance: Chance) -> None:
    """Let old versions of the bot call servers that are long gone."""
    if not chance.happens(0.4):
        return
    dead = scene.register.add(
        chance.whole(1, 4),
        choose_port(family.design, chance),
        TCP,
        "dead-cc",
        family=family.name,
        tier=1,
    )
    family.dead.extend(dead.tolist())
    bot = _some(family, chance.between(0.1, 0.7), chance)
    often = np.clip(contacts(max(family.period_s * 0.3, 15.0), 3), 0.0, 4.0)
    scene.traffic.relate(
        family.line[bot],
        family.device[bot],
        chance.some(dead, bot.size),
        often * family.duty[bot],
        Talk.UNANSWERED,
        since=family.since[bot],
        until=family.until[bot],
        hours=family.hours,
        up_share=0.94,
    )


def _watch(scene: Scene, family: Family, chance: Chance) -> None:
    """Let boxes that came infected watch pirate television, as healthy ones do."""
    bot = family.line[_some(family, chance.between(0.4, 0.9), chance)]
    others = scene.any_line(chance, bot.size * chance.between(0.1, 1.2) + 1)
    known = chance.one((8_080, 25_461, 8_880, 80, None))
    channels = scene.register.add(
        chance.whole(1, _CHANNELS),
        chance.whole(1_025, 65_000) if known is None else known,
        TCP,
        "iptv",
        where=Where.CARELESS if chance.happens(0.5) else Where.HOSTING,
    )
    line = np.concatenate([bot, others])
    channel = chance.some(channels, line.size)
    often = contacts(300, 4) * chance.spread(1.0, 0.3, line.size)
    scene.traffic.relate(line, 4, channel, often, Talk.KEEP)
    heavy = np.flatnonzero(chance.each(line.size, 0.5))
    scene.traffic.relate(
        line[heavy],
        4,
        channel[heavy],
        np.minimum(chance.spread(2.5, 1.0, heavy.size), 30.0),
        Talk.BULK_DOWN,
        hours=Hours.AWAKE,
        up_share=0.15,
    )


def _crack(scene: Scene, family: Family, chance: Chance) -> None:
    """Let people come back to the site of cracks and cheats from which they got the bot."""
    bot = family.line[_some(family, chance.between(0.15, 0.5), chance)]
    others = scene.any_line(chance, bot.size * chance.between(0.3, 2.0) + 2)
    line = np.concatenate([bot, others])
    site = scene.register.add(1, 443, TCP, "warez")
    rate = chance.spread(0.6, 0.8, line.size)
    scene.traffic.relate(line, 0, int(site[0]), rate, Talk.SHORT, hours=Hours.AWAKE)
