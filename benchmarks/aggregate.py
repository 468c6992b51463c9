"""
Measures how long the hub takes to weigh what many members say, and to make the list of it.

Run from the root of the project:

    PYTHONPATH=src:tests .venv/bin/python benchmarks/aggregate.py --members 50 --findings 10000

The batches lie in the home as members signed and sent them; that they were taken in before is not
measured. The first epoch has no histories, the last one has those of all epochs before.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from hinomi.model.address import Address
from hinomi.model.statement import Deed, Endpoint, Statement
from hinomi.services.hub.epochs import present_epoch
from hinomi.services.hub.weighing import weigh_statements
from hinomi.share.canonical import digest
from hinomi.share.submission import render_submission
from hinomi.store.hub.batches import Batch
from hubs import HubHouse, Node

POOL: Final = 4
"""So many times the findings of one member there are servers."""

BASE: Final = 0x20010DB8_00000000


def main() -> None:
    """Measure, and print one JSON document an epoch."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--findings", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        house = HubHouse.found(Path(folder) / "hub")
        house.let_in(*(Node(f"m{number:02}") for number in range(options.members)))
        for epoch in range(options.epochs):
            house.epoch += 1
            _fill(house, options.members, options.findings, epoch)
            print(json.dumps(_measure(house)), flush=True)


def _fill(house: HubHouse, members: int, findings: int, epoch: int) -> None:
    """Let each member name servers: some are met by nearly all, most by few."""
    random = np.random.default_rng(epoch)
    reach = np.random.default_rng(99).beta(0.5, 2.0, findings * POOL)
    with house.home().casebook() as casebook:
        for member in range(members):
            chance = reach / reach.sum()
            chosen = random.choice(reach.size, findings, replace=False, p=chance)
            # A tenth of the servers is new in each epoch.
            chosen = np.where(
                chosen % 10 == epoch % 10, chosen + findings * POOL * (1 + epoch), chosen
            )
            statements = [
                Statement(endpoint=Endpoint(Address(BASE, int(each)), 6, 443)) for each in chosen
            ]
            body = render_submission(statements, house.spoken_of, 1)
            casebook.hub.batches.add(
                Batch(
                    member=f"m{member:02}",
                    deed=Deed.SUBMISSION,
                    epoch=house.spoken_of,
                    media="json",
                    digest=digest(body),
                    note=f"{digest(body)}\n",  # Signed by nobody.
                    body=body,
                    statements=len(statements),
                    entry=0,
                )
            )


def _measure(house: HubHouse) -> dict[str, object]:
    home = house.home()
    began = time.perf_counter()
    with home.casebook() as casebook:
        weighed = weigh_statements(home, casebook, present_epoch(home))
    weighing_s = time.perf_counter() - began
    began = time.perf_counter()
    made = house.publishes()
    return {
        "weighing_s": round(weighing_s, 1),
        "publication_s": round(time.perf_counter() - began, 1),
        "outcomes": {each.value: count for each, count in weighed.counts.items()},
        "listed": made.listed,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


if __name__ == "__main__":
    main()
