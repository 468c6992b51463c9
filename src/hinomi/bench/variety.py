"""
Domain randomisation: what a provider and its people are like is drawn anew for each seed.

Whatever a detector learns from one world's sizes, periods or ports is wrong in the next.
Every range stands here with its source, by the marks of `bench.spec`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np

from hinomi.bench.access import AccessSpec
from hinomi.bench.internet import InternetSpec
from hinomi.bench.spec import (
    APPS,
    STANDING,
    SWARMS,
    TCP,
    UDP,
    AppSpec,
    Device,
    ModelSpec,
    SmallSpec,
    StandingSpec,
    SwarmSpec,
    WorldSpec,
)
from hinomi.bench.uses import FURTHER_APPS, FURTHER_STANDING, FURTHER_SWARMS, SMALL_KINDS

Range = tuple[float, float]
Use = TypeVar("Use", AppSpec, StandingSpec)

PEOPLE: Final[dict[str, Range]] = {
    "activity_sigma": (0.8, 1.4),  # [MIC] a tenth of the lines makes a third to two thirds.
    "v6_share": (0.30, 0.75),  # [MIC] by provider.
    "pcs": (0.8, 1.5),  # Devices a line [own].
    "phones": (1.6, 2.8),
    "iot": (0.6, 2.0),
    "server_share": (0.004, 0.02),  # Subscribers who run servers [own].
    "coinfected": (0.15, 0.40),  # About 30 % (IEICE Trans. 2025).
    "niche_skew": (1.0, 2.5),  # Evenly visited, to some hosts with dozens of lines [own].
}

ACCESS: Final[dict[str, Range]] = {
    "static_share": (0.01, 0.08),  # Businesses [own].
    "map_e_share": (0.0, 0.5),  # Japanese IPoE providers share IPv4 so [own].
    "port_block_share": (0.0, 0.15),
    "crowd_share": (0.0, 0.08),
}

INTERNET: Final[dict[str, Range]] = {
    "zipf": (0.6, 1.1),
    "bad_hosters": (0.05, 0.25),  # [own]
    "cc_in_bad": (0.22, 0.42),  # 31 % measured on C2IntelFeeds of 2025 against 2024.
    "others_in_bad": (0.02, 0.05),  # 3 % measured against benign remotes.
}

# Drawn on a scale of orders of magnitude.
RELEASES: Final[Range] = (0.003, 0.3)  # A day: from leases kept for months to daily redials.
SYSTEMS: Final[Range] = (200, 1_200)
HISTORY: Final[Range] = (400, 3_000)  # C2IntelFeeds lists some thousands a year.
SMALL_PER_1000: Final[Range] = (4, 14)  # Small services for a thousand lines [own].
MODELS: Final[Range] = (20, 60)  # Device models in use; [IMC20] tells 56 apart.
NICHE_PER_LINE: Final[Range] = (20, 80)
NICHE_HOSTS: Final[Range] = (3, 15)
NICHE_FLOWS: Final[Range] = (20, 60)
RESEARCHERS: Final[Range] = (8, 30)  # [NICTER] names dozens of organisations.
RESEARCHER_PPS: Final[Range] = (5, 30)  # For each 20,000 lines [own].
FLOOD_PPS: Final[Range] = (100, 900)
FORGED_PPS: Final[Range] = (20_000, 200_000)

MODEL_PERIOD_S: Final[Range] = (15, 600)  # Below the timeouts of home routers.
MODEL_PORTS: Final = (8_883, 8_443, 1_883, 5_223, 6_668, 7_547, 8_886, 10_000, 32_100, 34_567)
MODEL_443: Final = 0.35  # Share of the models on 443 [IMC20]: the most use TLS there.
MODEL_USUAL: Final = 0.35  # Share on a port of MODEL_PORTS; the rest chooses freely.
MODEL_UDP: Final = 0.2
MODEL_HOSTS: Final = (1, 6)  # Addresses of a vendor's cloud as one provider sees it [IMC20].

GAMES: Final = (3, 12)  # Games of the year, with ports of their own.
LEFT_OUT: Final = 0.15  # Share of the lesser uses that a provider's people do not have.
SPREAD: Final = 0.35  # Sigma of the log-normal by which counts and sizes differ; ours.
GROWTH: Final = 0.35  # More people meet more servers: by this power of their number; ours.
_CORE: Final = frozenset({"web", "dns", "quic", "video", "update", "ntp", "push-a", "push-b"})
_REFERENCE_LINES: Final = 20_000  # The numbers of `bench.spec` are for so many.


def vary(spec: WorldSpec, rng: np.random.Generator) -> WorldSpec:
    """Draw everything benign of a world; lines, days, interval and volume stay as they are."""
    size = spec.lines / _REFERENCE_LINES
    return replace(
        spec,
        **{name: rng.uniform(*between) for name, between in PEOPLE.items()},  # type: ignore[arg-type]
        access=_access(rng),
        internet=InternetSpec(
            systems=int(_wide(SYSTEMS, rng)),
            history=int(_wide(HISTORY, rng)),
            **{name: rng.uniform(*between) for name, between in INTERNET.items()},  # type: ignore[arg-type]
        ),
        exporters=(1,) * int(rng.integers(2, 9)),
        telemetry=round(_wide(SMALL_PER_1000, rng) * spec.lines / 1_000),
        niche_per_line=int(_wide(NICHE_PER_LINE, rng)),
        niche_hosts=_wide(NICHE_HOSTS, rng),
        niche_flows_per_day=_wide(NICHE_FLOWS, rng),
        researchers=int(_wide(RESEARCHERS, rng)),
        researcher_pps=_wide(RESEARCHER_PPS, rng) * size,
        flood_pps=_wide(FLOOD_PPS, rng),
        forged_pps=_wide(FORGED_PPS, rng),
        apps=_apps(size, rng),
        standing=_standing(size, rng),
        models=_models(rng),
        small=_small(rng),
        swarms=_swarms(rng),
    )


def _wide(between: Range, rng: np.random.Generator) -> float:
    """Draw on a logarithmic scale."""
    return float(np.exp(rng.uniform(*np.log(between))))


def _access(rng: np.random.Generator) -> AccessSpec:
    shares = {name: rng.uniform(*between) for name, between in ACCESS.items()}
    offset, bits = ((6, 6), (4, 8), (6, 8))[int(rng.integers(3))]
    return AccessSpec(
        **shares,
        map_e_offset=offset,
        map_e_bits=bits,
        port_block_bits=int(rng.integers(4, 7)),
        crowd_lines=int(_wide((16, 256), rng)),
        releases_per_day=_wide(RELEASES, rng),
    )


def _apps(size: float, rng: np.random.Generator) -> tuple[AppSpec, ...]:
    return tuple(
        replace(
            app,
            users=min(app.users * rng.uniform(0.6, 1.4), 1.0),
            flows_per_day=app.flows_per_day * _factor(rng),
            packets=max(app.packets * _factor(rng, 0.5), 2.0),
            up_bytes=_bytes(app.up_bytes, rng),
            down_bytes=_bytes(app.down_bytes, rng),
            servers=max(int(app.servers * _factor(rng) * size**GROWTH), 2),
            zipf=app.zipf + rng.uniform(-0.15, 0.15),
            v6=min(app.v6 * rng.uniform(0.5, 1.5), 0.95),
        )
        for app in (*_some((*APPS, *FURTHER_APPS), rng), *_games(rng))
    )


def _games(rng: np.random.Generator) -> list[AppSpec]:
    """Make up the games of the year, each on ports that nobody else has."""
    return [
        AppSpec(
            name=f"game-{number}",
            label="game",
            proto=int(rng.choice([UDP, UDP, TCP])),
            ports=tuple(rng.integers(1_024, 49_000, int(rng.integers(1, 4))).tolist()),
            devices=(Device.PC, Device.PHONE),
            users=_wide((0.003, 0.06), rng),
            flows_per_day=_wide((0.3, 3), rng),
            packets=_wide((800, 25_000), rng),
            up_share=0.5,
            up_bytes=int(rng.integers(60, 160)),
            down_bytes=int(rng.integers(90, 400)),
            duration_s=_wide((300, 3_000), rng),
            servers=int(_wide((4, 120), rng)),
            zipf=0.8,
        )
        for number in range(int(rng.integers(GAMES[0], GAMES[1] + 1)))
    ]


def _standing(size: float, rng: np.random.Generator) -> tuple[StandingSpec, ...]:
    varied = []
    for use in _some((*STANDING, *FURTHER_STANDING), rng):
        faster = _factor(rng, 0.6)
        varied.append(
            replace(
                use,
                users=min(use.users * rng.uniform(0.5, 1.5), 1.0),
                servers=max(int(use.servers * _factor(rng) * size**GROWTH), 2),
                period_s=(use.period_s[0] * faster, use.period_s[1] * faster),
                up_bytes=_bytes(use.up_bytes, rng),
                down_bytes=_bytes(use.down_bytes, rng),
            )
        )
    return tuple(varied)


def _models(rng: np.random.Generator) -> tuple[ModelSpec, ...]:
    count = int(_wide(MODELS, rng))
    share = np.arange(1, count + 1) ** -rng.uniform(0.6, 1.2)
    return tuple(
        ModelSpec(
            name=f"model-{number + 1}",
            share=float(share[number] / share.sum()),
            proto=UDP if rng.random() < MODEL_UDP else TCP,
            port=_model_port(rng),
            period_s=_wide(MODEL_PERIOD_S, rng),
            up_bytes=int(rng.integers(60, 320)),
            down_bytes=int(rng.integers(60, 320)),
            hosts=int(rng.integers(MODEL_HOSTS[0], MODEL_HOSTS[1] + 1)),
            per_tick=int(rng.integers(2, 5)),
            jitter=float(rng.choice([0.005, 0.02, 0.1])),
        )
        for number in range(count)
    )


def _model_port(rng: np.random.Generator) -> int:
    chance = rng.random()
    if chance < MODEL_443:
        return 443
    if chance < MODEL_443 + MODEL_USUAL:
        return int(rng.choice(MODEL_PORTS))
    return int(rng.integers(1_024, 60_000))


def _small(rng: np.random.Generator) -> tuple[SmallSpec, ...]:
    weight = np.array([kind.share for kind in SMALL_KINDS]) * rng.lognormal(
        0, 0.5, len(SMALL_KINDS)
    )
    return tuple(
        replace(
            kind,
            share=float(share),
            odd=min(kind.odd * rng.uniform(0.5, 1.5), 1.0),
            clients=(kind.clients[0] * _factor(rng), kind.clients[1], kind.clients[2]),
        )
        for kind, share in zip(SMALL_KINDS, weight / weight.sum(), strict=True)
    )


def _swarms(rng: np.random.Generator) -> tuple[SwarmSpec, ...]:
    """Keep the one program that all have, and draw one or two further ones."""
    others = rng.choice(len(FURTHER_SWARMS), int(rng.integers(1, 3)), replace=False)
    chosen = (*SWARMS, *(FURTHER_SWARMS[index] for index in sorted(others.tolist())))
    return tuple(
        replace(
            swarm,
            users=swarm.users * rng.uniform(0.5, 1.8),
            flows_per_day=swarm.flows_per_day * _factor(rng),
            peers=int(swarm.peers * _factor(rng, 2.0)),
        )
        for swarm in chosen
    )


def _some(uses: Sequence[Use], rng: np.random.Generator) -> list[Use]:
    taken = rng.random(len(uses)) >= LEFT_OUT
    return [use for use, keep in zip(uses, taken, strict=True) if keep or use.name in _CORE]


def _factor(rng: np.random.Generator, strength: float = 1.0) -> float:
    return float(rng.lognormal(0, SPREAD * strength))


def _bytes(usual: int, rng: np.random.Generator) -> int:
    return int(np.clip(usual * _factor(rng, 0.4), 40, 1_450))
