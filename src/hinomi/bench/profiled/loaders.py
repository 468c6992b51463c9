"""Where bots got their program from, and what unwanted programs report elsewhere."""

from typing import Final

import numpy as np

from hinomi.bench.addressing import REMOTE_V6
from hinomi.bench.ground.draws import Draws
from hinomi.bench.profiled.families import Family
from hinomi.bench.profiled.hours import DAYS, Habit
from hinomi.bench.profiled.scene import Scene, new_host, odd_port
from hinomi.bench.profiled.shapes import Usual
from hinomi.bench.profiled.sheet import Relations
from hinomi.model.protocol import Protocol

_LOADERS: Final = (1, 3)
_APART: Final = 0.7  # Loaders that are no C&C server of the family.
_MINUTES: Final = 0.01  # Days for which a download lasts.
_REPORTING: Final = 0.6  # Installers whose program reports by itself.
_STILL_THERE: Final = 0.5  # Share of the bots on which it is alive, and
_CLEAN: Final = 0.3  # for each bot so many lines that are not infected.


def load(scene: Scene, family: Family) -> None:
    """Let new bots fetch their program; the programs of PCs come with an installer."""
    if not family.servers:
        return
    draws = scene.draws(f"loaders {family.name}")
    count = draws.whole(*_LOADERS)
    for number in range(count):
        _fetch(scene, draws, family, (number, count))
        if not family.on_devices and draws.happens(_REPORTING):
            _report(scene, draws, family)


def _fetch(scene: Scene, draws: Draws, family: Family, place: tuple[int, int]) -> None:
    first = family.servers[0].code
    apart = draws.happens(_APART) or first >= REMOTE_V6
    code = new_host(draws) if apart else first
    port = draws.pick((80, 8080, odd_port(draws)) if family.on_devices else (80, 443))
    if any(server.code == code and server.port == port for server in family.servers):
        port += 1
    mine = (family.since > 0) & (scene.below(place[1], family.bots, 91) == place[0])
    line, since = family.bots[mine], family.since[mine]
    rate = draws.numbers(0.05, 1.2, line.size)
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line), server=code, port=port, proto=Protocol.TCP,
        shape=Usual.DOWNLOAD, up=rate * 0.35, down=rate * 0.65, line=line, starts=since,
        ends=np.minimum(since + _MINUTES, DAYS),
    ))  # fmt: skip
    label = "loader" if family.on_devices else "installer"
    scene.book.name((code, Protocol.TCP, port), label, family.name)


def _report(scene: Scene, draws: Draws, family: Family) -> None:
    """Let an unwanted program report on many infected lines, and on clean ones."""
    alive = family.bots[scene.unit(family.bots, 92) < _STILL_THERE]
    clean = scene.lines.pick(int(family.bots.size * _CLEAN) + 3, draws)
    line, code = np.unique(np.append(alive, clean)), new_host(draws)
    rate = draws.number(0.3, 2) / 2
    scene.sheet.relate(draws, Relations(
        client=scene.lines.codes(line), server=code, port=443, proto=Protocol.TCP,
        shape=scene.shapes.polling(draws), up=rate, down=rate, line=line, habit=Habit.HOME,
        life=0.01,
    ))  # fmt: skip
    scene.book.name((code, Protocol.TCP, 443), "installer", family.name)
