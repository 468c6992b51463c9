"""Herds: who belongs to a botnet in one world, from when until when, and its servers."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.addressing import Codes, is_open
from hinomi.bench.designs import BotnetSpec, Hosting
from hinomi.bench.population import Population, Scene, stream
from hinomi.bench.spec import Device

_FIRST_MODEL: Final = 0.7  # Share of the members on the first vulnerable model.
_HOMES: Final = {Hosting.DEDICATED: "cc", Hosting.SHARED: "service", Hosting.CDN: "content"}
_WAVE_SHARE: Final = 0.06  # Scale of the logistic wave of infections, of the window.


@dataclass(frozen=True, slots=True, kw_only=True)
class Herd:
    """A botnet as it lives in one world; of its members every array has shape (m,)."""

    spec: BotnetSpec
    device: NDArray[np.int64]  # Members on own lines, one a line.
    onset_ms: NDArray[np.int64]  # When each was infected; the window's start if before.
    cleaned_ms: NDArray[np.int64]  # When each was cleaned; the window's end if not within.
    address: Codes  # IPv4 of each member.
    servers: Codes  # First-tier C&C servers that answer: remote, then own fronts.
    gone: Codes  # C&C servers that do not.

    @property
    def fronts(self) -> Codes:
        """The C&C servers on own lines."""
        return self.servers[self.spec.servers :]


class Muster:
    """Gathers one herd after the other, so that some lines are infected several times."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._infected = np.zeros(scene.spec.lines, np.bool_)
        self._pools: dict[tuple[str, ...], tuple[NDArray[np.int64], NDArray[np.float64]]] = {}

    def gather(self, botnet: BotnetSpec) -> Herd:
        """Choose members: some from already infected lines, the rest by vulnerability."""
        spec, population = self._scene.spec, self._scene.population
        rng = stream(spec, f"herd {botnet.family}")
        pool, weight = self._pool(botnet.models)
        # Exponential races: the smallest arrivals are a weighted draw without replacement.
        arrival = rng.exponential(1.0, pool.size) / weight
        already = self._infected[population.device_line[pool]]
        count = min(botnet.bots, pool.size)
        again = np.flatnonzero(already)[np.argsort(arrival[already])][
            : int(count * spec.coinfected)
        ]
        arrival[again] = -1.0
        device = pool[np.argsort(arrival, kind="stable")[:count]]
        self._infected[population.device_line[device]] = True
        onset_ms = spec.starts_ms + _onsets(botnet, device.size, spec.length_ms, rng)
        left_ms = spec.starts_ms + spec.length_ms - onset_ms
        cleaned = rng.random(device.size) < botnet.cleaned
        stays = np.where(cleaned, rng.random(device.size), 1.0)
        fronts = rng.choice(open_lines(population), botnet.own_fronts, replace=False)
        return Herd(
            spec=botnet,
            device=device,
            onset_ms=onset_ms,
            cleaned_ms=onset_ms + (left_ms * stays).astype(np.int64),
            address=population.v4[population.device_line[device]],
            servers=np.concatenate(
                [
                    self._scene.allocation.take(botnet.servers, _HOMES[botnet.hosting]),
                    population.v4[fronts],
                ]
            ),
            gone=self._scene.allocation.take(botnet.gone, "cc"),
        )

    def _pool(self, models: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Give the devices that a family can take, one a line, and how easily it takes each."""
        if models in self._pools:
            return self._pools[models]
        population = self._scene.population
        names = [model.name for model in self._scene.spec.models]
        wanted = [names.index(name) for name in models]
        if wanted:
            pool = np.flatnonzero(np.isin(population.device_model, wanted))
            first = population.device_model[pool] == wanted[0]
            share = _FIRST_MODEL / max(int(first.sum()), 1)
            others = (1 - _FIRST_MODEL) / max(int((~first).sum()), 1)
            weight = np.where(first, share, others)
        else:
            pool = population.devices(Device.PC)
            weight = np.ones(pool.size)
        _, one_a_line = np.unique(population.device_line[pool], return_index=True)
        self._pools[models] = pool[one_a_line], weight[one_a_line]
        return self._pools[models]


def open_lines(population: Population) -> NDArray[np.int64]:
    """Give the lines that can be called from outside: those that share no address."""
    return np.flatnonzero(is_open(population.v4))


def while_infected(herd: Herd, who: NDArray[np.int64], ts_ms: NDArray[np.int64]) -> Codes:
    """Give the rows whose device *who*, a member, is infected at *ts_ms*."""
    order = np.argsort(herd.device)
    place = order[np.searchsorted(herd.device[order], who)]
    return np.flatnonzero((ts_ms >= herd.onset_ms[place]) & (ts_ms < herd.cleaned_ms[place]))


def _onsets(
    botnet: BotnetSpec, count: int, length_ms: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """
    Draw when members are infected, ms since the window's start: 0 for those before it.

    A wave is logistic about a moment of its own, as an epidemic grows and saturates.
    """
    fresh = rng.random(count) < botnet.fresh
    even = rng.random(count)
    if botnet.wave:
        peak = rng.uniform(0.2, 0.8)
        chance = np.clip(even, 1e-6, 1 - 1e-6)
        even = np.clip(peak + _WAVE_SHARE * np.log(chance / (1 - chance)), 0.0, 0.999)
    drawn: NDArray[np.int64] = (even * length_ms * fresh).astype(np.int64)
    return drawn
