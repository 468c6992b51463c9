"""
A hub that runs: what it holds open, and what it does by itself from time to time.

Register and members are read as they are now: a change that was put in force counts within
seconds, a suspension at once. The configuration is read when it starts.
"""

import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from hinomi.errors import ConfigError, Conflict, HinomiError, NotPermitted
from hinomi.services.home import Home, HomeWatch
from hinomi.services.hub.apart import publish_apart
from hinomi.services.hub.epochs import due_ms, present_epoch, require_not_ahead
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.meters import Meters
from hinomi.services.hub.reads import ReadJournal
from hinomi.services.register import REGISTER, read_in_force
from hinomi.services.sanctioned import REGISTER as SANCTIONED_NAME
from hinomi.services.sanctioned import SANCTIONED
from hinomi.share.snapshot import check_head
from hinomi.store.casebook import CaseBook

WATCH_S: Final = 2.0
"""How often a running hub looks after its home, its register and the list that is due."""

RETRY_S: Final = (30.0, 60.0, 300.0, 900.0)
"""Waits after attempts to make a list that failed; the last one for all further ones."""

_log = structlog.get_logger(__name__)


class Serving:
    """A hub's home and case book, open, with the journal of what it gives."""

    def __init__(
        self,
        home: Home,
        casebook: CaseBook,
        *,
        publish: Callable[[Home], None] = publish_apart,
        prepare: Callable[[int], None] = lambda _number: None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Take up what was opened; nothing runs by itself until `look` is called.

        Args:
            home: The hub's.
            casebook: Its, open; whoever opened it closes it.
            publish: Makes the list of the present epoch, or raises.
            prepare: Is told the number of the newest list, when there is a new one, or when what
                its forms rest on may have changed: something was forgotten, or the register.
            ticks: Seconds that never go back.
        """
        self.home = home
        self.casebook = casebook
        self.meters = Meters()
        self.reads = ReadJournal(lambda: self.home, self.meters, ticks)
        self._publish = publish
        self._prepare = prepare
        self._prepared: tuple[object, ...] = ()
        self._ticks = ticks
        self._watch = HomeWatch(home.folder)
        self._register_seen = self._look_at_register()
        self._newest = (0, -1)  # Number and epoch of the newest list that was seen.
        self._failed = 0
        self._not_before_s = float("-inf")

    def look(self) -> None:
        """
        Look after everything once.

        Raises:
            ConfigError: If the home was removed or replaced.
            NotPermitted: If the list may not be given any more.
        """
        self._watch.require()
        self._renew_register()
        self.reads.mandate()
        self._publish_if_due()
        self._prepare_newest()

    def is_made(self) -> bool:
        """
        Tell whether the newest list is of the present epoch.

        Raises:
            Unavailable: If the case book does not answer.
        """
        _, epoch = self._look_at_newest()
        made = epoch == present_epoch(self.home).number
        self.meters.made.set(int(made))
        return made

    def is_late(self) -> bool:
        """
        Tell whether the list of the present epoch is due and not made.

        Raises:
            Unavailable: If the case book does not answer.
        """
        made = self.is_made()
        late = not made and self.home.clock() >= due_ms(self.home, present_epoch(self.home))
        self.meters.late.set(int(late))
        return late

    def is_ahead(self) -> bool:
        """
        Tell whether the newest list is of a later epoch: a clock was ahead, or is behind now.

        Raises:
            Unavailable: If the case book does not answer.
        """
        _, epoch = self._look_at_newest()
        ahead = epoch > present_epoch(self.home).number
        self.meters.ahead.set(int(ahead))
        return ahead

    def failing(self) -> tuple[str, ...]:
        """
        Name what this hub fails at, as its failures are counted: ``clock``, ``publish``.

        Raises:
            Unavailable: If the case book does not answer.
        """
        found = ["clock"] if self.is_ahead() else []
        if self._failed and self.is_late():
            found.append("publish")
        return tuple(found)

    def _look_at_newest(self) -> tuple[int, int]:
        """Give number and epoch of the newest list; its head is read once."""
        store = self.casebook.hub.snapshots
        number = store.newest_number()
        if number != self._newest[0]:
            head = check_head(store.heads(number - 1, 1)[0][1], list_signer(self.home).verifier)
            self._newest = (number, head.epoch)
            self.meters.newest.set(number)
        return self._newest

    def _prepare_newest(self) -> None:
        store = self.casebook.hub.snapshots
        newest, oldest = store.newest_number(), store.oldest_kept()
        seen = (newest, oldest and oldest.number, self._register_seen)
        if newest and seen != self._prepared:
            self._prepare(newest)
            self._prepared = seen

    def _publish_if_due(self) -> None:
        ahead = False
        try:
            ahead = self.is_ahead()
            self._make_if_due()
        except HinomiError as error:
            self._watch.require()  # Of a home that is gone meanwhile, that alone is told.
            if self._ticks() < self._not_before_s:
                return
            wait_s = RETRY_S[min(self._failed, len(RETRY_S) - 1)]
            self._failed += 1
            self._not_before_s = self._ticks() + wait_s
            self.meters.failures.labels("clock" if ahead else "publish").inc()
            _log.error("list-not-made", reason=str(error), again_in_s=wait_s)

    def _make_if_due(self) -> None:
        if not self.is_late():
            self._failed, self._not_before_s = 0, float("-inf")
            return
        if self._ticks() < self._not_before_s:
            return
        number, epoch = self._newest
        # Another process would find out no more than that.
        require_not_ahead(present_epoch(self.home), epoch, f"snapshot {number}")
        try:
            self._publish(self.home)
        except Conflict:
            if self.is_late():
                raise  # It is none of "somebody else was faster": nobody made it.
        self._failed = 0

    def _renew_register(self) -> None:
        """Take up a register that was put in force meanwhile; a slip of the pen changes nothing."""
        seen = self._look_at_register()
        if seen == self._register_seen:
            return
        self._register_seen = seen
        home = self.home
        try:
            found = read_in_force(home.folder, home.config, home.clock, governing=False)
        except HinomiError as error:
            self.meters.failures.labels("register").inc()
            _log.error("register-not-read", reason=str(error), do="what ruled before goes on")
            return
        self.home = dataclasses.replace(home, register=found.register, warnings=found.warnings)

    def _look_at_register(self) -> tuple[tuple[int, int, int] | None, ...]:
        places = (REGISTER, f"{SANCTIONED}/{SANCTIONED_NAME}.toml")
        found: list[tuple[int, int, int] | None] = []
        for each in places:
            try:
                told = (self.home.folder / each).stat()
            except OSError:
                found.append(None)
            else:
                found.append((told.st_ino, told.st_mtime_ns, told.st_size))
        return tuple(found)


class Keeper:
    """Looks after a running hub on a thread of its own, until it is told to end."""

    def __init__(self, serving: Serving, give_up: Callable[[], None]) -> None:
        """
        Stand by.

        Args:
            serving: What to look after.
            give_up: Is called, once, when the hub must not go on; `failure` says why.
        """
        self.failure: HinomiError | None = None
        self._serving = serving
        self._give_up = give_up
        self._told = ""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hub-keeper")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """End; a list that is being made is finished first."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._serving.look()
            except (ConfigError, NotPermitted) as error:
                self.failure = error
                self._give_up()
                return
            except HinomiError as error:
                self._tell(str(error))
            except Exception as error:  # noqa: BLE001 - the loop of a service: log, count, go on.
                self._tell(type(error).__name__)
            else:
                self._told = ""
            self._ending.wait(WATCH_S)

    def _tell(self, reason: str) -> None:
        """Count a failure, and log it unless it is the one that was logged last."""
        self._serving.meters.failures.labels("keeper").inc()
        if reason != self._told:
            _log.error("keeper-failed", reason=reason)
        self._told = reason
