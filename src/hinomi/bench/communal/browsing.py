"""What people do most: content networks, and a web whose tail never ends."""

from typing import Final

import numpy as np

from hinomi.bench.communal.chance import Chance, popularity
from hinomi.bench.communal.packets import Talk
from hinomi.bench.communal.register import TCP, UDP
from hinomi.bench.communal.scene import Scene
from hinomi.bench.communal.traffic import Hours

_CDN: Final = 700
_CDN_PLAIN: Final = 120  # Of them that still speak HTTP.
_CDN_LISTED: Final = 150
_VISIT: Final = 6.0  # Sampled packets that a visit has on average.
_HEAVIEST: Final = 60.0
_STORAGE: Final = 30
_DEVICES: Final = 6  # Of people, on a line.


def browse(scene: Scene) -> None:
    """Let people download, upload, and visit sites."""
    chance = scene.chance("browsing")
    _download(scene, chance)
    _upload(scene, chance)
    _surf(scene, chance)


def _download(scene: Scene, chance: Chance) -> None:
    register = scene.register
    fast = register.add(_CDN, 443, TCP, "cdn", v6=0.7)
    places = register.columns.code[fast]
    quick = register.add(_CDN, 443, UDP, "cdn", code=places)
    plain = register.add(_CDN_PLAIN, 80, TCP, "cdn", code=places[:_CDN_PLAIN])
    scene.shared["cdn"] = fast
    scene.benign.extend(fast[:_CDN_LISTED].tolist())
    visits = int(scene.lines.count * scene.size.kind.bulk / _VISIT)
    line = scene.anyone(chance, visits)
    which = chance.ranked(popularity(_CDN, 1.05, 4), visits)
    rate = np.minimum(chance.spread(2.2, 1.3, visits), _HEAVIEST)
    device, way = chance.wholes(0, _DEVICES, visits), chance.unit(visits)
    bounds = np.searchsorted((0.47, 0.93), way, side="right")
    for number, (servers, talk, up_share) in enumerate(
        ((fast, Talk.BULK_DOWN, 0.16), (quick, Talk.QUIC, 0.12), (plain, Talk.BULK_DOWN, 0.14))
    ):
        mine = np.flatnonzero((bounds == number) & (which < servers.size))
        lasting_ms = 120_000 + (chance.unit(mine.size) * 1_800_000).astype(np.int64)
        scene.traffic.visit(
            line[mine],
            device[mine],
            servers[which[mine]],
            rate[mine],
            talk,
            lasting_ms=lasting_ms,
            up_share=up_share,
        )


def _upload(scene: Scene, chance: Chance) -> None:
    line = scene.any_line(chance, scene.lines.count * 0.25)
    storage = scene.register.add(_STORAGE, 443, TCP, "cloud-storage", v6=0.4)
    scene.traffic.visit(
        line,
        0,
        storage[chance.ranked(popularity(_STORAGE, 1), line.size)],
        np.minimum(chance.spread(1.5, 1.2, line.size), 50.0),
        Talk.BULK_UP,
        lasting_ms=900_000,
        up_share=0.75,
    )


def _surf(scene: Scene, chance: Chance) -> None:
    sites = scene.size.scaled(scene.size.kind.sites)
    scene.shared["web"] = scene.register.add(sites, 443, TCP, "web", v6=0.12)
    scene.ranks["web"] = popularity(sites, 0.93, 30)
    pairs = int(scene.lines.count * scene.size.kind.visits)
    scene.traffic.relate(
        scene.anyone(chance, pairs),
        chance.wholes(0, _DEVICES, pairs),
        scene.popular("web", chance, pairs),
        np.minimum(chance.spread(0.28, 1.1, pairs), 30.0),
        Talk.SHORT,
        hours=Hours.AWAKE,
        up_share=0.42,
    )
