"""A hub that answers over TLS from a thread of this process, at the time that a test says."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from hinomi.services.home import Home
from hinomi.services.hub.apart import leave_to_others
from hinomi.web.hub.app import create_app
from hinomi.web.hub.peer import PeerProtocol, server_context
from hinomi.web.hub.running import Hub
from loopback import PATIENCE_S


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to whoever runs the tests."""
        yield


@contextmanager
def hub_answering(home: Home, listening: socket.socket) -> Iterator[Hub]:
    """Let the hub of *home* answer at *listening* until this ends; it makes no list by itself."""
    context = server_context(home.folder)
    with home.casebook() as casebook:
        hub = Hub(home, casebook, publish=leave_to_others)
        config = uvicorn.Config(
            create_app(hub),
            http=PeerProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            ssl_context_factory=lambda _config, _default: context,
        )
        server = _Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            ends_s = time.monotonic() + PATIENCE_S
            while not server.started:
                assert time.monotonic() < ends_s
                time.sleep(0.01)
            yield hub
        finally:
            server.should_exit = True
            thread.join()
