"""
The collector of a home: its sockets, its worker or workers, its Prometheus endpoint.

One worker lives in this process. Several are processes of their own that inherit the
sockets; one that dies is started again on the same sockets, so that its exporters wait in
the kernel's buffer meanwhile.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from hinomi.collect.accounting import STATUS_FILES, CollectStatus, read_status
from hinomi.collect.forward import parse_forward, resolve_forward
from hinomi.collect.listen import Listening, open_sockets, parse_listen
from hinomi.collect.memory import keep_freed_memory
from hinomi.collect.metrics import OPTION, exposure_of, serve_metrics
from hinomi.collect.wire.sources import parse_allowed
from hinomi.config import CollectConfig
from hinomi.errors import Conflict, HinomiError, Unavailable
from hinomi.listening import HttpServer, split_address
from hinomi.services.collector import ANSWERED, FOLDER, Collector, Signals, WorkerTask
from hinomi.services.home import Home, HomeWatch
from hinomi.services.kept import gather_kept
from hinomi.services.mandates import Operation, mandate_for, record

_BACK_OFF_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STEADY_S: Final = 60.0
"""A worker that lived as long did not fail at its start: it is started again at once."""

_WATCH_S: Final = 0.2

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRequest:
    """What the operator asked for beside the configuration."""

    listen: tuple[str, ...] | None = None  # None: as configured.
    workers: int | None = None
    forward: str | None = None  # Empty: nowhere.
    forward_transparent: bool | None = None


def collect_flows(home: Home, request: CollectRequest, announce: Callable[[str], None]) -> None:
    """
    Receive until SIGTERM or SIGINT; then everything accepted is made durable.

    Args:
        home: Where to.
        request: What to do otherwise than configured.
        announce: Is told, in one line each, what the operator should know.

    Raises:
        ConfigError: If an address or prefix is none, or may not be used.
        Conflict: If another collector runs on this home.
        NotPermitted: If the purpose has ended.
        Unavailable: If an address is taken, or the disk refuses at the end.
    """
    home.mandate(Operation.COLLECT)  # Before any socket is open.
    config = home.config.collect
    workers = request.workers or config.workers
    _check_forward(config, request)
    folder = home.folder / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    with _alone(folder) as lock:
        signals = Signals()
        signals.install()
        keep_freed_memory()
        for old in folder.glob(STATUS_FILES):  # Of a run with more workers than this one.
            old.unlink(missing_ok=True)
        gather_kept(folder)
        listening = open_sockets(
            request.listen or config.listen,
            workers=workers,
            receive_buffer_bytes=config.receive_buffer_mib << 20,
        )
        try:
            with _endpoint(folder, config.metrics):
                _announce(home, listening, announce)
                _note(home, stage="begins", workers=workers)
                _run(home, request, listening, signals, lock)
        except BaseException:
            with suppress(HinomiError):  # The first failure is the one to tell.
                _note(home, stage="ended")
            raise
        finally:
            listening.close()
        _note(home, stage="ended")


def check_collect(config: CollectConfig) -> list[str]:
    """
    Check what `collect_flows` would refuse, without opening anything.

    Returns:
        What it would not refuse and warn of, one line each.

    Raises:
        ConfigError: If an address or prefix is none.
    """
    parse_allowed(config.allow)
    for address in config.listen:
        parse_listen(address)
    if config.metrics:
        split_address(config.metrics, OPTION)
    if config.forward:
        parse_forward(config.forward)
    exposure = exposure_of(config.metrics)
    return [exposure] if exposure else []


def collect_status(home: Home) -> CollectStatus:
    """
    Read the account of the home's collector, all workers added up; empty if none ever ran.

    Raises:
        MalformedDocument: If a worker's file is not what this version writes.
    """
    return read_status(home.folder / FOLDER)


def _check_forward(config: CollectConfig, request: CollectRequest) -> None:
    """Refuse a wrong address to pass on to before anything is opened."""
    if request.forward:
        resolve_forward(request.forward, "--forward")
    elif request.forward is None and config.forward:
        resolve_forward(config.forward)


def _run(
    home: Home, request: CollectRequest, listening: Listening, signals: Signals, lock: int
) -> None:
    workers, config = len(listening.workers), home.config.collect
    forward = config.forward if request.forward is None else request.forward
    keeps = request.forward_transparent
    tasks = [
        WorkerTask(
            number=number,
            workers=workers,
            meets_all=not listening.is_by_source,
            sockets=tuple(each.fileno() for each in sockets),
            lock=lock if workers > 1 else None,
            parent=os.getpid() if workers > 1 else 0,
            forward=forward or None,
            forward_transparent=config.forward_transparent if keeps is None else keeps,
        )
        for number, sockets in enumerate(listening.workers)
    ]
    if workers == 1:
        Collector(home, tasks[0], listening.workers[0]).run(signals)
    else:
        _Herd(home.folder, tasks).watch(signals)


@dataclass(slots=True)
class _Kept:
    """One worker process, over its restarts."""

    task: WorkerTask
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    failures: int = 0
    due_s: float = field(default=0.0)


class _Herd:
    """Starts worker processes, starts dead ones again, and ends all together."""

    def __init__(self, home: Path, tasks: list[WorkerTask]) -> None:
        self._home = home
        self._watch = HomeWatch(home)
        self._workers = [_Kept(task) for task in tasks]

    def watch(self, signals: Signals) -> None:
        """Keep all workers alive until *signals* ask for the end."""
        try:
            for worker in self._workers:  # Even to end at once: something may wait already.
                self._start(worker)
            while not signals.is_ending:
                self._watch.require()
                if signals.is_stale:
                    signals.is_stale = False
                    self._tell(signal.SIGHUP)
                for worker in self._workers:
                    self._see_to(worker)
                time.sleep(_WATCH_S)
        finally:
            self._end()

    def _see_to(self, worker: _Kept) -> None:
        now = time.monotonic()
        if worker.process is None:
            if now >= worker.due_s:
                self._start(worker)
        elif (code := worker.process.poll()) is not None:
            steady = now - worker.started_s > _STEADY_S
            worker.failures = 0 if steady else worker.failures + 1
            wait = 0.0 if steady else _BACK_OFF_S[min(worker.failures, len(_BACK_OFF_S)) - 1]
            worker.process, worker.due_s = None, now + wait
            _log.error("worker ended", worker=worker.task.number, code=code, again_in_s=wait)

    def _start(self, worker: _Kept) -> None:
        # Inherited: until the worker can answer signals, they wait instead of ending it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ANSWERED)
        try:
            worker.process = subprocess.Popen(  # noqa: S603 - this program itself.
                [
                    sys.executable, "-m", "hinomi", "--home", str(self._home.absolute()),
                    "collect", "worker", worker.task.render(),
                ],
                pass_fds=worker.task.inherited,
            )  # fmt: skip
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        worker.started_s = time.monotonic()

    def _tell(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.process is not None and worker.process.poll() is None:
                worker.process.send_signal(number)

    def _end(self) -> None:
        self._tell(signal.SIGTERM)
        codes = [each.process.wait() for each in self._workers if each.process is not None]
        if any(codes) and sys.exception() is None:  # Else the first failure is the one to tell.
            raise Unavailable(f"{sum(map(bool, codes))} workers failed; their logs say why")


@contextmanager
def _alone(folder: Path) -> Iterator[int]:
    """Be the one collector of this home; the lock's descriptor is for workers to inherit."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"a collector runs on {folder.parent}; stop it first, or use another home"
            ) from None
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _endpoint(folder: Path, address: str) -> Iterator[HttpServer | None]:
    if not address:
        yield None
        return
    endpoint = serve_metrics(lambda: read_status(folder), address)
    try:
        yield endpoint
    finally:
        endpoint.close()


def _announce(home: Home, listening: Listening, announce: Callable[[str], None]) -> None:
    for one in listening.workers[0]:
        host, port = one.getsockname()[:2]
        announce(f"listening on {f'[{host}]' if ':' in host else host}:{port}")
    for warning in (*listening.warnings, exposure_of(home.config.collect.metrics)):
        if warning:
            announce(warning)
    if not home.config.collect.allow:
        announce(
            "nobody may send yet: name your exporters in config.toml, [collect] allow; "
            "`hinomi collect status` shows who tries"
        )


def _note(home: Home, **facts: object) -> None:
    record(
        home.journal(),
        Operation.COLLECT,
        mandate_for(Operation.COLLECT, home.clock),
        {"home": home.config.node.kind.value, "register": home.register.version, **facts},
    )
