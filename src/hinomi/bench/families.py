"""
Families drawn anew for each seed: which designs, how large, by whom, on which devices.

Development and held-out families come from blueprints that share no combination of channel,
hosting, schedule and activity (`bench.blueprints`), and from operators and odd ports that
only one split has. At least half of the families never scan.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.bench.blueprints import BLUEPRINTS, ODD_PORTS, Blueprint, Range
from hinomi.bench.designs import BotnetSpec
from hinomi.bench.spec import WorldSpec

_FAMILIES: Final = (0.8, 4, 70)  # So many times the root of all members; least; most [own].
_FEWEST: Final = 12  # Members of a family in the mean: fewer families if there are not enough.
_TAIL: Final = 0.6  # Power of the sizes' tail: few botnets have most bots [own].
_SIZES: Final = (5.0, 3_000.0)  # Issue 4: small botnets of 5 members up to 3,000.
_LARGEST: Final = 0.3  # No family has more of all members than so.
_SCANNING: Final = (0.25, 0.5)  # Share of the families that scan.
_OPERATORS: Final = 0.6  # So many for each family: some run several.
_KNOWN_ODD: Final = 0.3  # Share of the odd ports that were seen in the wild.
_LOADER_PORTS: Final = (80, 80, 8_080, 443)
_VULNERABLE: Final = 0.5  # Share of the models that bots can take.
_TAKEN: Final = 0.5  # Share of a model's devices that one family takes at most.
_MODELS: Final = 3  # A family takes at most so many models, unless it needs more.
_FRESH: Final = (0.1, 0.6)  # Share infected within the window: most bots are older [Mirai].
_WAVES: Final = 0.4  # Share of the families whose infections come in one wave.
_CLEANED: Final = (0.0, 0.3)  # IoT is cleaned by reboots, 58-74 % within weeks (Cetin, NDSS 2019).


@dataclass(frozen=True, slots=True)
class _Operator:
    name: str
    ports: tuple[int, ...]
    swell: float  # Factor on the sizes of packets: operators write their own protocols.


def draw_families(
    rng: np.random.Generator, split: str, spec: WorldSpec, infected_share: float
) -> tuple[BotnetSpec, ...]:
    """
    Draw the botnets of a world.

    Args:
        rng: Source of chance; each split has a stream of its own.
        split: Key of `blueprints.BLUEPRINTS`.
        spec: Says lines, devices and models; its own botnets are ignored.
        infected_share: Of all lines, 0..1; own fronts come on top.

    Returns:
        Families with distinct names; none if fewer than five members are wanted.
    """
    members = int(infected_share * spec.lines / (1.0 - spec.coinfected))
    count = _count(members)
    if not count:
        return ()
    chosen = _choose(BLUEPRINTS[split], count, rng)
    sizes = _sizes(chosen, members, rng)
    operators = _operators(split, count, rng)
    vulnerable = _vulnerable(spec, rng)
    families = []
    for number, (blueprint, bots) in enumerate(zip(chosen, sizes.tolist(), strict=True)):
        operator = operators[int(rng.integers(len(operators)))]
        models = _models(vulnerable, bots, rng) if blueprint.on_iot else ()
        families.append(
            _family(blueprint, (f"{blueprint.name}-{number + 1}", bots), operator, models, rng)
        )
    return tuple(families)


def _count(members: int) -> int:
    factor, least, most = _FAMILIES
    wanted = int(np.clip(round(factor * members**0.5), least, most))
    return min(wanted, members // _FEWEST) or int(members >= _SIZES[0])


def _choose(
    blueprints: Sequence[Blueprint], count: int, rng: np.random.Generator
) -> list[Blueprint]:
    """Draw designs: each once before any comes again, and at least half that never scan."""
    scanning = int(count * rng.uniform(*_SCANNING))
    chosen: list[Blueprint] = []
    for activity, wanted in ((True, scanning), (False, count - scanning)):
        of_kind = [each for each in blueprints if bool(each.scan_ports) == activity]
        weight = np.array([each.weight for each in of_kind])
        # Exponential races: a weighted order without repetition.
        order = np.argsort(rng.exponential(1.0, weight.size) / weight)
        more = rng.choice(weight.size, max(wanted - weight.size, 0), p=weight / weight.sum())
        chosen += [of_kind[index] for index in [*order[:wanted].tolist(), *more.tolist()]]
    return [chosen[index] for index in rng.permutation(count).tolist()]


def _sizes(
    chosen: Sequence[Blueprint], members: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw heavy-tailed sizes that fit the designs and add up to all members, or nearly."""
    low = np.array([each.members[0] for each in chosen], np.float64)
    high = np.array([each.members[1] for each in chosen], np.float64)
    low = np.minimum(low, max(members / len(chosen) / 2, _SIZES[0]))
    high = np.maximum(np.minimum(high, members * _LARGEST), low)
    least, most = (size**-_TAIL for size in _SIZES)
    drawn = (least - rng.random(len(chosen)) * (least - most)) ** (-1 / _TAIL)
    below, above = -8.0, 8.0
    for _ in range(60):  # Bisection on the logarithm of the scale.
        scale = (below + above) / 2
        sizes = np.clip(drawn * np.exp(scale), low, high)
        below, above = (scale, above) if sizes.sum() < members else (below, scale)
    whole: NDArray[np.int64] = np.maximum(np.rint(sizes), 1).astype(np.int64)
    return whole


def _operators(split: str, count: int, rng: np.random.Generator) -> list[_Operator]:
    span, known = ODD_PORTS[split]
    drawn = []
    for number in range(max(1, int(count * _OPERATORS))):
        ports = tuple(
            int(rng.choice(known)) if rng.random() < _KNOWN_ODD else _whole(rng, span)
            for _ in range(int(rng.integers(1, 4)))
        )
        drawn.append(_Operator(f"{split}-{number + 1}", ports, float(rng.lognormal(0.0, 0.25))))
    return drawn


def _vulnerable(spec: WorldSpec, rng: np.random.Generator) -> dict[str, float]:
    """Choose models that bots can take, with the number of devices to be expected."""
    total = sum(model.share for model in spec.models)
    count = max(1, round(len(spec.models) * _VULNERABLE))
    chosen = rng.choice(len(spec.models), min(count, len(spec.models)), replace=False)
    return {
        spec.models[index].name: spec.lines * spec.iot * spec.models[index].share / total
        for index in chosen.tolist()
    }


def _models(vulnerable: dict[str, float], bots: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Draw models until they have room for the family; the first has most of it."""
    names = list(vulnerable)
    order = [names[index] for index in rng.permutation(len(names)).tolist()]
    wanted = int(rng.integers(1, _MODELS + 1))
    # A model too rare for its part of the family comes last.
    order.sort(key=lambda name: vulnerable[name] * _TAKEN < bots / wanted)
    room = 0.0
    taken: list[str] = []
    for name in order:
        if len(taken) >= wanted and room >= bots:
            break
        taken.append(name)
        room += vulnerable[name] * _TAKEN
    return tuple(taken)


def _family(
    blueprint: Blueprint,
    named: tuple[str, int],
    operator: _Operator,
    models: tuple[str, ...],
    rng: np.random.Generator,
) -> BotnetSpec:
    """Draw every range of a blueprint."""
    family, bots = named
    servers = _whole(rng, blueprint.servers)
    lost = not (servers or blueprint.own_fronts[1] or blueprint.peers[1])
    settled = lost or blueprint.sunk[0] >= blueprint.servers[1] > 0  # Nobody spreads it any more.
    ports = blueprint.ports or operator.ports
    return BotnetSpec(
        family=family,
        design=blueprint.name,
        operator=operator.name,
        bots=bots,
        proto=blueprint.proto,
        port=int(rng.choice(ports)),
        period_s=round(_draw(rng, blueprint.period_s), 1),
        per_tick=_whole(rng, blueprint.per_tick),
        up_bytes=int(_draw(rng, blueprint.up_bytes) * operator.swell),
        down_bytes=int(_draw(rng, blueprint.down_bytes) * operator.swell),
        jitter=_draw(rng, blueprint.jitter),
        reconnects=blueprint.reconnects,
        models=models,
        fresh=0.0 if settled else rng.uniform(*_FRESH),
        wave=rng.random() < _WAVES,
        cleaned=rng.uniform(*_CLEANED),
        servers=servers,
        servers_each=_whole(rng, blueprint.servers_each),
        schedule=blueprint.schedule,
        hop_h=_draw(rng, blueprint.hop_h),
        hosting=blueprint.hosting,
        innocents=_draw(rng, blueprint.innocents),
        sunk=min(_whole(rng, blueprint.sunk), servers),
        gone=_whole(rng, blueprint.gone),
        own_fronts=_whole(rng, blueprint.own_fronts),
        remote_bots=_whole(rng, blueprint.remote_bots),
        uppers=_whole(rng, blueprint.uppers),
        upper_port=operator.ports[-1] + 1,
        upper_period_s=_draw(rng, blueprint.upper_period_s),
        peers=_whole(rng, blueprint.peers),
        remote_peers=bots * int(rng.integers(2, 6)) if blueprint.peers[1] else 0,
        scan_ports=_one_of(rng, blueprint.scan_ports),
        scan_pps=_draw(rng, blueprint.scan_pps),
        scan_for_h=_draw(rng, blueprint.scan_for_h),
        mails_per_day=_draw(rng, blueprint.mails_per_day),
        relays_per_day=_draw(rng, blueprint.relays_per_day),
        attacks=blueprint.attacks,
        loaders=_whole(rng, blueprint.loaders),
        loader_port=int(rng.choice((*_LOADER_PORTS, operator.ports[0]))),
        loads_per_day=_draw(rng, blueprint.loads_per_day),
    )


def _draw(rng: np.random.Generator, span: Range) -> float:
    low, high = span
    if low > 0:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))
    return float(rng.uniform(low, high))


def _whole(rng: np.random.Generator, span: Range) -> int:
    return int(rng.integers(int(span[0]), int(span[1]) + 1))


def _one_of(rng: np.random.Generator, choices: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return choices[int(rng.integers(len(choices)))] if choices else ()
