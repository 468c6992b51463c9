"""Botnet families: how many, how large, whom they infect, since when, and what they do."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hinomi.bench.ground.draws import Draws, Reals, Wholes
from hinomi.bench.motley.groups import Model
from hinomi.bench.motley.scene import Scene

FEWEST: Final = 5
"""Members of a family, at least."""

_MOST: Final = 3_000
_FAMILY_LEAST: Final = 9  # Infections for each family, at least.
_DEEDS: Final = ("scanning", "spamming", "attacking", "carrying", "mining", "loading", "asking")
_FOUND: Final = 0.65  # C&C servers of which enough members are sampled, about.
_MOST_SERVERS: Final = 12
_WHOLE_FROM: Final = 0.1  # Scale below which families and servers become fewer,
_SHRINK, _LEAST_SHRINK = 0.35, 0.3  # by this power, and not by more.
_WAVES: Final = ("even", "one day", "growing")


@dataclass(slots=True, kw_only=True)
class Family:
    """A botnet inside the network; arrays have one value a member."""

    name: str
    bots: Wholes  # Lines, each once.
    since: Reals  # Day of infection, 0 for before the window.
    until: Reals
    deeds: frozenset[str]  # Of `Laws`.
    loudness: float  # Sampled packets of one that takes part, the middle.
    active: Wholes  # Those who take part in what it does.
    servers: int  # Of the first tier, wanted.
    tiered: bool = False  # Its servers are fronts at own lines.
    meshed: bool = False  # Its members also keep in touch with one another.

    @property
    def design(self) -> str:
        """Tell in a word or two what it was drawn as."""
        form = "tiered" if self.tiered else "meshed" if self.meshed else "led"
        return "+".join([form, *sorted(self.deeds)])


def found(scene: Scene, models: list[Model]) -> list[Family]:
    """Draw the families of a world and whom they infect."""
    draws, laws = scene.draws("families"), scene.laws
    hit = scene.lines.count * laws.infected
    infections = hit * (1 + laws.again)
    shrink = max(_LEAST_SHRINK, min(1.0, laws.scale / _WHOLE_FROM) ** _SHRINK)
    count = int(np.clip(laws.families * shrink, 3, max(3, infections / _FAMILY_LEAST)))
    weight = draws.spread(0, laws.uneven, count)
    sizes = np.clip(weight / weight.sum() * infections, FEWEST, _MOST).astype(np.int64)
    servers = _spread_servers(draws, laws.wanted * shrink / (1 - laws.coverage) / _FOUND, sizes)
    families: list[Family] = []
    taken = np.empty(0, np.int64)
    for number, size in enumerate(sizes.tolist()):
        bots = _infect(scene, draws, models, size, taken)
        taken = np.union1d(taken, bots)
        families.append(_draw(scene, draws, number, bots, int(servers[number])))
    return families


def infected(families: list[Family]) -> Wholes:
    """Give the infected lines, each once."""
    return np.unique(np.concatenate([family.bots for family in families]))


def _spread_servers(draws: Draws, wanted: float, sizes: Wholes) -> Wholes:
    """Give each family one server at least, the larger ones rather more, up to the most."""
    appetite = np.sqrt(sizes) * draws.spread(0, 0.7, sizes.size)
    servers = np.ones(sizes.size)
    for _ in range(3):  # What does not fit goes to the others.
        left = max(0.0, wanted - servers.sum())
        free = (servers < _MOST_SERVERS) * appetite
        servers = np.minimum(servers + left * free / max(free.sum(), 1e-9), _MOST_SERVERS)
    return np.floor(servers + draws.rng.random(sizes.size)).clip(1, _MOST_SERVERS).astype(np.int64)


def _infect(scene: Scene, draws: Draws, models: list[Model], size: int, taken: Wholes) -> Wholes:
    """Draw the members of a family: owners of a few models, or anybody; some not for the first."""
    weak = [model.owners for model in models if model.weak]
    pool = np.arange(scene.lines.count)
    if draws.happens(scene.laws.by_model):
        some = [draws.pick(weak) for _ in range(draws.whole(1, 5))]
        owners = np.unique(np.concatenate(some))
        pool = owners if owners.size >= 2 * size else pool
    active = draws.happens(0.5)
    fresh = draws.some(pool, 3 * size)
    if active:  # Lines with more in use are hit more often.
        chance = scene.lines.activity[fresh] + 0.1
        fresh = draws.rng.choice(fresh, 2 * size, p=chance / chance.sum())
    share = scene.laws.again / (1 + scene.laws.again)
    if taken.size:
        again = draws.chances(share, fresh.size)
        old = np.intersect1d(taken, pool) if draws.happens(0.5) else taken
        fresh = np.where(again, draws.some(old if old.size else taken, fresh.size), fresh)
    _, first = np.unique(fresh, return_index=True)
    return np.sort(fresh[np.sort(first)[:size]])


def _draw(scene: Scene, draws: Draws, number: int, bots: Wholes, servers: int) -> Family:
    laws, days = scene.laws, float(scene.laws.days)
    late = {
        "even": draws.rng.uniform(0, days, bots.size),
        "one day": np.clip(draws.between(0, days - 1) + draws.rng.random(bots.size), 0, days),
        "growing": days * draws.rng.power(draws.between(1.5, 4), bots.size),
    }[draws.pick(_WAVES)] * 0.95  # fmt: skip
    before = np.clip(laws.before + draws.between(-0.3, 0.3), 0, 1)
    since = np.where(draws.chances(before, bots.size), 0.0, late)
    cured = draws.chances(laws.cured, bots.size)
    until = np.where(cured, since + (days - since) * draws.rng.random(bots.size), days)
    share = np.clip(laws.active + draws.between(-0.3, 0.3), 0.05, 1)
    return Family(
        name=f"fam{number:02}",
        bots=bots,
        since=since,
        until=until,
        deeds=frozenset(deed for deed in _DEEDS if draws.happens(getattr(laws, deed))),
        loudness=laws.loudness * float(draws.spread(0, 1, 1)[0]),
        active=bots[draws.chances(share, bots.size)],
        servers=servers,
        tiered=bots.size > FEWEST * 2 and draws.happens(laws.tiered),
        meshed=draws.happens(laws.led_by_peers),
    )
