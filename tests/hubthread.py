"""A hub that answers over TLS from a thread of this process, at the time that a test says."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from hinomi.services.home import Home
from hinomi.services.hub.apart import leave_to_others
from hinomi.web.hub.app import create_app
from hinomi.web.hub.peer import PeerProtocol, server_context
from hinomi.web.hub.running import Hub
from loopback import PATIENCE_S, wait_for


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to whoever runs the tests."""
        yield


@contextmanager
def over_tls(app: Any, folder: Path, listening: socket.socket, **options: Any) -> Iterator[None]:
    """
    Let an application answer at *listening* until this ends, as the hub's own server does.

    Args:
        app: By ASGI.
        folder: The hub's home, whose keys and certificates are shown and asked for.
        listening: Open.
        options: Further ones of `uvicorn.Config`.
    """
    context = server_context(folder)
    config = uvicorn.Config(
        app,
        http=PeerProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        ssl_context_factory=lambda _config, _default: context,
        **options,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)


@contextmanager
def hub_answering(home: Home, listening: socket.socket) -> Iterator[Hub]:
    """Let the hub of *home* answer at *listening* until this ends; it makes no list by itself."""
    with home.casebook() as casebook:
        hub = Hub(home, casebook, publish=leave_to_others)
        with over_tls(create_app(hub), home.folder, listening):
            yield hub
