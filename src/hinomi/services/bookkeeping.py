"""
The bookkeeper of a collector: a thread that alone speaks to the case book and reads rules.

Another process may hold the case book for long, and a full disk may refuse it. Reception does
not wait for either: it leaves wishes here and takes up what became of them at a later turn.
What fails is logged, counted and tried again.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Network
from typing import Final

import structlog

from hinomi.collect.wire.sources import parse_allowed
from hinomi.errors import ConfigError, HinomiError, Unavailable
from hinomi.model.exporter import ExporterHour
from hinomi.services.collectrules import Said, read_said
from hinomi.services.home import Home, open_home

_BACK_OFF_S: Final = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_SETTLING_S: Final = 0.25
_CLOSING_S: Final = 0.5

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class News:
    """What became known since the last time."""

    numbers: dict[str, int] = field(default_factory=dict)  # Of exporters, by name.
    said: Said | None = None  # The rules, if they changed.
    allowed: tuple[IPv6Network, ...] | None = None  # Who may send, where that was read again.

    def __bool__(self) -> bool:
        return bool(self.numbers) or self.said is not None or self.allowed is not None


@dataclass(slots=True)
class _Wishes:
    """What is to be done. All of it is bounded: by the exporters, and to one of each kind."""

    names: dict[str, None] = field(default_factory=dict)  # Exporters to number, in order.
    hours: list[ExporterHour] = field(default_factory=list)
    reread: bool = False
    reread_config: bool = False

    def __bool__(self) -> bool:
        return bool(self.names or self.hours or self.reread or self.reread_config)


class Bookkeeper:
    """Numbers exporters, adds up their hours and reads the rules; asked by one thread."""

    def __init__(self, home: Home) -> None:
        """
        Read everything once, waiting for it; from `start` on nobody waits.

        Raises:
            HinomiError: If the case book, the register or the key cannot be read.
        """
        self._home = home
        self._casebook = home.casebook()
        try:
            self.said = read_said(home, self._casebook)
            """What was said at the beginning."""
        except BaseException:
            self._casebook.close()
            raise
        self._latest = self.said
        self._wishes, self._news = _Wishes(), News()
        self._changed = threading.Condition()
        self._is_closing = self._is_settling = False
        self._broken: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="bookkeeper", daemon=True)
        self.failures = 0
        """Times that the case book or a rule could not be had, those tried again included."""

    def start(self) -> None:
        """Begin to work off what is asked."""
        self._thread.start()

    @property
    def is_adding(self) -> bool:
        """Tell whether hours are not added yet: further ones must wait."""
        return bool(self._wishes.hours)

    def number(self, names: Iterable[str]) -> None:
        """Ask for the numbers of exporters."""
        with self._changed:
            self._wishes.names.update(dict.fromkeys(names))
            self._changed.notify_all()

    def add_hours(self, rows: list[ExporterHour]) -> None:
        """Ask to add *rows* to the case book; not while it `is_adding`."""
        with self._changed:
            self._wishes.hours = [*self._wishes.hours, *rows]
            self._changed.notify_all()

    def reread(self, *, with_config: bool = False) -> None:
        """Ask to read the rules again, and who may send."""
        with self._changed:
            self._wishes.reread = True
            self._wishes.reread_config |= with_config
            self._changed.notify_all()

    def news(self) -> News | None:
        """
        Take what became known since the last time; None if nothing did.

        Raises:
            Exception: What ended the thread, if that was a mistake of ours.
        """
        if self._broken is not None:
            raise self._broken
        if not self._news:
            return None
        with self._changed:
            news, self._news = self._news, News()
        return news

    def settle(self, within_s: float) -> bool:
        """Wait until all is done, for a bounded time; tell whether it is."""
        with self._changed:
            self._is_settling = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._wishes or self._broken is not None, within_s)
            return not self._wishes

    def close(self) -> None:
        """End; what is not done by now is given up, and logged."""
        with self._changed:
            self._is_closing = True
            left = self._wishes
            if left.names or left.hours:
                _log.error("case book given up", exporters=len(left.names), hours=len(left.hours))
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(_CLOSING_S)  # It may hang in the case book: it ends with us.
        else:
            self._casebook.close()

    def _run(self) -> None:
        failed = 0
        try:
            while self._await_work(failed):
                try:
                    self._work()
                    failed = 0
                except HinomiError as error:
                    failed += 1
                    self._fail("case book not written, tried again", error)
        except Exception as error:  # noqa: BLE001 - the loop of a service: raised at the next turn.
            self.failures += 1
            self._broken = error
            _log.exception("bookkeeping ended", error=type(error).__name__)
            with self._changed:
                self._changed.notify_all()
        finally:
            self._casebook.close()

    def _await_work(self, failed: int) -> bool:
        """Wait for something to do, and first for some time after a failure; False at the end."""
        with self._changed:
            if failed:
                pause_s = _BACK_OFF_S[min(failed, len(_BACK_OFF_S)) - 1]
                ends_s = time.monotonic() + pause_s
                while not self._is_closing and (left_s := ends_s - time.monotonic()) > 0:
                    self._changed.wait(min(left_s, _SETTLING_S))
                    if self._is_settling:
                        break
            self._changed.wait_for(lambda: self._is_closing or bool(self._wishes))
            return not self._is_closing

    def _work(self) -> None:
        for name in list(self._wishes.names):
            number = self._casebook.exporter_number(name)
            with self._changed:
                self._news.numbers[name] = number
                del self._wishes.names[name]
        if self._wishes.hours:
            self._add_hours()
        if self._wishes.reread:
            self._reread()
        with self._changed:
            self._changed.notify_all()

    def _add_hours(self) -> None:
        try:
            self._casebook.add_exporter_hours(self._wishes.hours)
        except (Unavailable, ConfigError):
            raise  # Nothing was changed: tried again.
        except HinomiError as error:
            self._fail("hours given up", error)
        with self._changed:
            self._wishes.hours = []

    def _reread(self) -> None:
        """Read again; what is wrong leaves the rules as they were, until they are asked again."""
        with self._changed:
            with_config, self._wishes.reread_config = self._wishes.reread_config, False
            self._wishes.reread = False
        try:
            allowed = None
            if with_config:
                fresh = open_home(self._home.folder, self._home.clock)
                allowed = parse_allowed(fresh.config.collect.allow)
            said = read_said(self._home, self._casebook, self._latest)
        except HinomiError as error:
            self._fail("not read again, going on as before", error)
            return
        if with_config:
            _log.info("read again")
        with self._changed:
            if said is not self._latest:
                self._latest = self._news.said = said
            self._news.allowed = allowed if allowed is not None else self._news.allowed

    def _fail(self, what: str, error: HinomiError) -> None:
        self.failures += 1
        _log.error(what, error=type(error).__name__, what=str(error))
