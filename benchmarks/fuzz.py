"""
Damages datagrams for as long as one likes, and looks whether the decoder minds.

    SECONDS=600 PYTHONPATH=tests .venv/bin/python benchmarks/fuzz.py [--atheris]

Half of the work goes datagram by datagram into fresh decoders, where every record must come out
or be counted; half goes in batches into one decoder that lives on, whose memory is watched. With
--atheris (a tool of its own: pip install atheris) the damage is guided by what code it reaches.
SEED chooses another course. Whatever fails is kept in build/fuzz, a file of its own each.
"""

import contextlib
import os
import random
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Final

from arrivals import Arrivals
from mutations import corpus, mutate, unaccounted
from slow_reading import SlowReader

KEPT: Final = Path("build") / "fuzz"
RENEW_EVERY: Final = 2_000
"""Batches after which the long-lived decoder is replaced."""


def main() -> int:
    """Run, print the figures, and tell by the exit code whether anything failed."""
    seconds = float(os.environ.get("SECONDS", "600"))
    seed = int(os.environ.get("SEED", "1"))
    KEPT.mkdir(parents=True, exist_ok=True)
    if "--atheris" in sys.argv:
        return _guided(seconds, seed)
    return _unguided(seconds, seed)


def _unguided(seconds: float, seed: int) -> int:
    rng, sound = random.Random(seed), corpus()  # noqa: S311 - damage, no secret.
    started = time.monotonic()
    alone = batched = rounds = failed = 0
    living = Arrivals()
    first_mib = _resident_mib()
    while time.monotonic() - started < seconds:
        arrivals, reader = Arrivals(), SlowReader()
        for _ in range(20):
            payload = mutate(rng, rng.choice(sound), sound)
            failed += _fails_alone(payload, arrivals, reader)
        alone += 20
        batch = [mutate(rng, rng.choice(sound), sound) for _ in range(rng.randrange(1, 200))]
        failed += _fails_together(rng, batch, living)
        batched += len(batch)
        rounds += 1
        if rounds % RENEW_EVERY == 0:
            living = Arrivals()
    elapsed = time.monotonic() - started
    print(f"seed {seed}, {elapsed:.0f} s, corpus of {len(sound):,} datagrams")
    print(f"{alone + batched:,} damaged datagrams: {alone:,} alone, {batched:,} in batches")
    print(f"{failed:,} crashed or lost a record without a reason")
    print(f"resident memory {first_mib:.0f} MiB at the start, {_resident_mib():.0f} MiB at most")
    return 1 if failed else 0


def _fails_alone(payload: bytes, arrivals: Arrivals, reader: SlowReader) -> bool:
    try:
        problem = unaccounted(payload, arrivals, reader)
    except Exception:  # noqa: BLE001 - to find them is what this is for.
        problem = traceback.format_exc()
    if problem is not None:
        _keep([payload], problem)
    return problem is not None


def _fails_together(rng: random.Random, batch: list[bytes], living: Arrivals) -> bool:
    sent = [(f"192.0.2.{rng.randrange(32)}", payload) for payload in batch]
    before = living.counted().get("datagrams", 0)
    try:
        living.decode(sent)
        if living.counted()["datagrams"] - before == len(batch):
            return False
        problem = "not every datagram of the batch was counted"
    except Exception:  # noqa: BLE001 - as above.
        problem = traceback.format_exc()
    _keep(batch, problem)
    return True


def _guided(seconds: float, seed: int) -> int:
    import atheris  # noqa: PLC0415 - an optional tool.

    def once(raw: bytes) -> None:
        problem = unaccounted(raw, Arrivals(), SlowReader())
        if problem is not None:
            _keep([raw], problem)
            raise AssertionError(problem)

    seeds = KEPT / "corpus"
    seeds.mkdir(exist_ok=True)
    for number, payload in enumerate(corpus()):
        (seeds / f"{number:05}").write_bytes(payload)
    atheris.instrument_all()
    options = [f"-max_total_time={seconds:.0f}", f"-seed={seed}", "-max_len=9000", "-timeout=20"]
    options += ["-rss_limit_mb=2048", f"-artifact_prefix={KEPT}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(seeds)], once)
    atheris.Fuzz()
    return 0


def _keep(payloads: list[bytes], problem: str) -> None:
    """Write down what failed: the datagrams in hexadecimal digits, and how."""
    number = len(list(KEPT.glob("failed-*")))
    if number < 100:
        text = "\n".join([problem, *(payload.hex() for payload in payloads)])
        (KEPT / f"failed-{number:03}.txt").write_text(text + "\n", "utf-8")


def _resident_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
