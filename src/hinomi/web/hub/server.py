"""
A hub that answers its members: its socket, its TLS, uvicorn, and the end by SIGTERM or SIGINT.

The socket may come from outside (systemd), so that connections wait while another version of
hinomi takes this one's place.
"""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
import uvicorn

from hinomi.errors import HinomiError, Unavailable
from hinomi.listening import HttpServer, split_address
from hinomi.services.home import Home
from hinomi.services.hub.apart import leave_to_others, publish_apart
from hinomi.services.hub.authorities import require_own_certificate
from hinomi.services.hub.founding import list_signer
from hinomi.services.hub.restored import require_resumed
from hinomi.services.hub.serving import Keeper
from hinomi.services.mandates import Operation, mandate_for, record
from hinomi.telemetry import set_up_logging
from hinomi.web.hub.app import create_app
from hinomi.web.hub.health import parse_loopback, serve_health
from hinomi.web.hub.peer import PeerProtocol, server_context
from hinomi.web.hub.running import Hub

CONNECTIONS_MOST: Final = 1024
BACKLOG: Final = 512
KEEP_ALIVE_S: Final = 30
HANDSHAKE_S: Final = 15.0
END_S: Final = 20
"""How long requests may take to end when the hub is told to."""

_FIRST_FD: Final = 3  # Source: sd_listen_fds(3).
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket that members reach the hub at."""

    socket: socket.socket
    is_given: bool  # By who started this process.

    def __str__(self) -> str:
        host, port = self.socket.getsockname()[:2]
        return f"{f'[{host}]' if ':' in host else host}:{port}"


def serve_hub(
    home: Home,
    listen: str | None,
    announce: Callable[[str], None],
    *,
    publishes: bool = True,
) -> None:
    """
    Answer members until SIGTERM or SIGINT; then what was begun is finished.

    Args:
        home: The hub's.
        listen: ``ADDRESS:PORT``; None: as configured.
        announce: Is told, in one line, where it listens.
        publishes: Whether it makes the list of each epoch; else somebody else does.

    Raises:
        ConfigError: If keys or addresses are wrong, the home was restored and not resumed, or was
            taken away meanwhile.
        NotPermitted: If it is no hub, or the list may not be given any more.
        Unavailable: If the port is taken.
    """
    home.mandate(Operation.SERVE)  # Before any socket is open.
    require_resumed(home)
    set_up_logging(home.config.log.level, timed=home.config.log.level in {"debug", "info"})
    context = server_context(home.folder)
    require_own_certificate(home)
    name = list_signer(home).name
    if home.config.hub.metrics:
        parse_loopback(home.config.hub.metrics)
    with home.casebook() as casebook:
        hub = Hub(home, casebook, publish=publish_apart if publishes else leave_to_others)
        hub.reads.mandate()
        hub.prepare(casebook.hub.snapshots.newest_number())  # Nobody waits for it later.
        listening = open_listening(listen or home.config.hub.listen)
        with listening.socket, _health(hub):
            server = _Server(_configure(hub, context))
            _note(home, stage="begins")
            try:
                _run(
                    hub,
                    server,
                    listening,
                    ready=lambda: announce(f"listening on https://{listening} as {name}"),
                )
            finally:
                with suppress(HinomiError):  # The first failure is the one to tell.
                    _note(home, stage="ended")


def open_listening(address: str, environment: Any = os.environ) -> Listening:
    """
    Open the hub's socket, or take up the one that systemd holds for it.

    Args:
        address: ``ADDRESS:PORT``; port 0 takes a free one. Not used where a socket is given.
        environment: Where ``LISTEN_FDS`` may stand.

    Raises:
        ConfigError: If *address* is none.
        Unavailable: If it is taken, or not of this machine.
    """
    if environment.get("LISTEN_PID") == str(os.getpid()) and environment.get("LISTEN_FDS") == "1":
        return Listening(socket.socket(fileno=_FIRST_FD), is_given=True)
    host, port = split_address(address, "hub.listen")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Unavailable(
            f"hub.listen {address}: {error.strerror or error}; free it or choose another"
        ) from error
    # It says that it is none of a protocol, and asyncio turns Nagle's algorithm off for TCP alone:
    # head and body of an answer leave apart, and the body would wait 40 ms for the other end's
    # delayed acknowledgement. A socket that is taken up by its number asks which protocol it is.
    return Listening(socket.socket(fileno=made.detach()), is_given=False)


class _Server(uvicorn.Server):
    """uvicorn, which leaves signals to us: it would end the process by the one that it got."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to `_run`."""
        yield

    def end(self) -> None:
        """Take no further connection, and end when what was begun is finished."""
        self.should_exit = True


class _Loop(asyncio.SelectorEventLoop):
    """An event loop whose servers do not wait for ever for a TLS handshake."""

    async def create_server(self, *args: Any, **kwargs: Any) -> Any:
        """Make a server with a shorter limit than asyncio's minute."""
        if kwargs.get("ssl") is not None:
            kwargs.setdefault("ssl_handshake_timeout", HANDSHAKE_S)
        return await super().create_server(*args, **kwargs)


def _configure(hub: Hub, context: Any) -> uvicorn.Config:
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False
    return uvicorn.Config(
        create_app(hub),
        http=PeerProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # Who asks is known by TLS, and by no header.
        server_header=False,
        date_header=False,
        ssl_context_factory=lambda _config, _default: context,
        limit_concurrency=CONNECTIONS_MOST,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=END_S,
    )


def _run(hub: Hub, server: _Server, listening: Listening, *, ready: Callable[[], None]) -> None:
    """Answer until the end; the first failure is raised."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        loop = runner.get_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, server.end)
        loop.set_exception_handler(lambda _loop, told: _count(hub, told))

        def give_up() -> None:
            with suppress(RuntimeError):  # The loop may have ended by itself.
                loop.call_soon_threadsafe(server.end)

        keeper = Keeper(hub.serving, give_up)
        keeper.start()
        try:
            ready()
            runner.run(server.serve(sockets=[listening.socket]))
        finally:
            keeper.end()
    if keeper.failure is not None:
        raise keeper.failure


def _count(hub: Hub, told: dict[str, Any]) -> None:
    """Count what went wrong with a connection; which one it was is nobody's business."""
    kind = type(told.get("exception")).__name__
    hub.meters.failures.labels(f"connection-{kind}").inc()
    _log.info("connection-failed", kind=kind)


@contextmanager
def _health(hub: Hub) -> Iterator[HttpServer | None]:
    address = hub.home.config.hub.metrics
    if not address:
        yield None
        return
    endpoint = serve_health(hub.serving, address)
    try:
        yield endpoint
    finally:
        endpoint.close()


def _note(home: Home, **facts: object) -> None:
    told = {"register": home.register.version, **facts}
    record(home.journal(), Operation.SERVE, mandate_for(Operation.SERVE, home.clock), told)
