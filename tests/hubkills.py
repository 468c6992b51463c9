"""Killing a hub and its database while statements come in and lists go out; and what is left."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from foundedhubs import MEMBERS, FoundedHub
from hinomi.errors import ConfigError, Conflict, Unavailable
from hinomi.model.statement import Deed, Endpoint, Sighting
from hinomi.services.home import CONFIG
from hinomi.services.hub.checking import check
from hubs import FIRST_EPOCH, server
from postgres import Killable

_FACTS_OF_AN_EPOCH = 11
"""Ten receipts and a snapshot."""

_STEP_S = 0.08
"""About as long as making a list takes, which is longer than taking in a batch."""

CHILD = """
import sys
from pathlib import Path
from hubkills import live
live(Path(sys.argv[1]), int(sys.argv[2]))
"""


def said_by(name: str, epoch: int) -> list[Endpoint]:
    """Give what a member finds: most of it others find too, and the list changes every epoch."""
    place = MEMBERS.index(name)
    common = [server((epoch + each) % 40) for each in range(12) if each % 5 != place]
    return [*common, server(100 + (epoch + place * 7) % 30), server(140 + place)]


def write_clock(folder: Path, epoch: int) -> None:
    """Let it be *epoch* at a hub, whatever is killed."""
    draft = folder / "clock.tmp"
    draft.write_text(str(epoch), "utf-8")
    draft.replace(folder / "clock")


def live(folder: Path, until: int) -> None:
    """
    Live as a hub in *folder*: take in, publish, and let an epoch go by, over and over.

    Every receipt and every snapshot is told on standard output once the hub has given it. Where
    the database is away, each step is tried again, as members and a timer do.
    """
    hub = FoundedHub.at(folder / "hub")
    hub.home().casebook().close()  # All is loaded.
    _tell({"ready": True})
    while True:
        hub.epoch = int((folder / "clock").read_text("utf-8"))
        if hub.epoch > until:
            return
        for name in sorted(MEMBERS, key=lambda each: hash((each, hub.epoch))):
            _patiently(partial(_submit, hub, name))
        _patiently(partial(_publish, hub))
        write_clock(folder, hub.epoch + 1)


def _submit(hub: FoundedHub, name: str) -> None:
    findings = said_by(name, hub.epoch)
    number = hub.epoch - FIRST_EPOCH
    try:
        receipts = [(Deed.SUBMISSION, hub.submits(name, findings))]
        if number:
            seen = dict.fromkeys(findings[:3], Sighting.CONFIRMED)
            receipts.append((Deed.SIGHTINGS, hub.sights(name, number, seen)))
    except Conflict as error:
        # The list was begun, after everybody had been heard.
        _tell({"late": [name, str(error)]})
        return
    for deed, receipt in receipts:
        _tell({"receipt": [name, deed.value, receipt.epoch, receipt.digest]})


def _publish(hub: FoundedHub) -> None:
    try:
        made = hub.publishes()
    except Conflict as error:
        if "made already" not in str(error):
            raise
        _tell({"already": str(error)})
        return
    _tell({"published": made.number, "epoch": made.epoch.number})


def _patiently(step: Callable[[], None]) -> None:
    for _ in range(600):
        try:
            step()
        except (Unavailable, ConfigError) as error:
            # A server that is starting may know neither role nor database for a moment.
            _tell({"away": type(error).__name__})
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the database did not come back")


def _tell(fact: Mapping[str, object]) -> None:
    os.write(1, json.dumps(fact).encode() + b"\n")


@dataclass(slots=True)
class Score:
    """What happened, and what is wrong of it."""

    kills: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)  # What children told, by kind.
    faults: list[str] = field(default_factory=list)
    epochs: int = 0
    half_made: int = 0  # Kills in the middle of making a list: sealed, and not there.


@dataclass(slots=True)
class Ordeal:
    """A hub that is killed again and again, and what it has promised so far."""

    folder: Path
    database: Killable | None
    seed: int
    score: Score = field(default_factory=Score)
    receipts: set[tuple[str, str, int, str]] = field(default_factory=set)
    published: dict[int, int] = field(default_factory=dict)  # Epoch by number, as told.

    @classmethod
    def prepare(cls, folder: Path, database: Killable | None, seed: int) -> "Ordeal":
        """Make the hub, and a twin that nobody will kill."""
        hub = FoundedHub.with_members(folder / "killed" / "hub")
        write_clock(folder / "killed", FIRST_EPOCH)
        shutil.copytree(folder / "killed", folder / "twin")
        if database is not None:
            path = folder / "killed" / "hub" / CONFIG
            named = f'postgresql = "{database.conninfo("hub")}"'
            path.write_text(path.read_text("utf-8").replace('postgresql = ""', named), "utf-8")
            hub.reopen().casebook().close()  # Moves what was founded.
        return cls(folder, database, seed)

    def kill(self, times: int) -> Score:
        """Kill so often, look each time at what is left, and compare with the twin at the end."""
        chance = random.Random(self.seed)  # noqa: S311 - repeatable, and no secret.
        for _ in range(times):
            self._round(chance)
        self._let_live("killed", int((self.folder / "killed" / "clock").read_text("utf-8")))
        self._look("nobody")
        self._compare_with_twin()
        return self.score

    def _round(self, chance: random.Random) -> None:
        """Let a hub live for a moment, kill it or its database or both, and look."""
        what = "hub" if self.database is None else chance.choice(["hub", "database", "both"])
        with self._living() as child:
            self._hear(child, chance.randrange(2 * _FACTS_OF_AN_EPOCH))
            time.sleep(chance.uniform(0.0, _STEP_S))
            if what != "hub" and self.database is not None:
                self.database.kill()
            if what == "database" and self.database is not None:
                self.database.start()
                self._hear(child, chance.randrange(2 * _FACTS_OF_AN_EPOCH))
                time.sleep(chance.uniform(0.0, _STEP_S))
            child.kill()  # -9.
            self._hear(child, None)
        if what == "both" and self.database is not None:
            self.database.start()
        self.score.kills[what] += 1
        self._look(what)

    @contextmanager
    def _living(self) -> Iterator[subprocess.Popen[bytes]]:
        words = [sys.executable, "-c", CHILD, str(self.folder / "killed"), str(2**31)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as child:
            try:
                _require(child.stdout).readline()  # It is ready.
                yield child
            finally:
                child.kill()

    def _hear(self, child: subprocess.Popen[bytes], count: int | None) -> None:
        """Note so many facts that a child tells, or all that are left of one that is dead."""
        heard = 0
        while count is None or heard < count:
            line = _require(child.stdout).readline()
            if not line.endswith(b"\n"):
                return
            self._note(json.loads(line))
            heard += 1

    def _note(self, fact: Mapping[str, Any]) -> None:
        self.score.steps.update(fact.keys() - {"epoch"})
        if "receipt" in fact:
            name, deed, epoch, digest = fact["receipt"]
            self.receipts.add((name, deed, epoch, digest))
        if "published" in fact:
            self.published[fact["published"]] = fact["epoch"]

    def _look(self, what: str) -> None:
        """Look at what is on the disk: all that was promised, and nothing twice or half."""
        hub = FoundedHub.at(self.folder / "killed" / "hub")
        hub.epoch += 10_000  # Later than all that the killed ones did.
        home = hub.home()
        found = list(check(home).faults)
        with home.casebook() as casebook:
            store = casebook.hub.snapshots
            for name, deed, epoch, digest in self.receipts:
                batch = casebook.hub.batches.find(name, Deed(deed), epoch)
                if batch is None or batch.digest != digest:
                    found.append(f"lost: {deed} of {name}, epoch {epoch}")
            there = {each.number: each.epoch for each in store.summaries()}
            self.score.half_made += not store.sealed() <= {*there.values()}
            self.score.epochs = len(there)
        found += [
            f"lost: snapshot {number}"
            for number, epoch in self.published.items()
            if there.get(number) != epoch
        ]
        self.score.faults += [f"after a kill of {what}: {each}" for each in found]

    def _let_live(self, name: str, until: int) -> None:
        """Let one of the two live undisturbed to the end of an epoch."""
        words = [sys.executable, "-c", CHILD, str(self.folder / name), str(until)]
        subprocess.run(words, check=True, capture_output=True)

    def _compare_with_twin(self) -> None:
        """Let the twin live through the same epochs undisturbed: the same bytes come out."""
        killed = FoundedHub.at(self.folder / "killed" / "hub").home()
        twin = FoundedHub.at(self.folder / "twin" / "hub").home()
        with killed.casebook() as casebook:
            wanted = [casebook.hub.snapshots.get(each + 1) for each in range(self.score.epochs)]
        self._let_live("twin", wanted[-1].epoch)
        with twin.casebook() as casebook:
            for each in wanted:
                found = casebook.hub.snapshots.get(each.number)
                if (found.json, found.csv, found.head) != (each.json, each.csv, each.head):
                    self.score.faults.append(f"snapshot {each.number} differs from the twin's")


def _require(stream: Any) -> Any:
    assert stream is not None
    return stream
