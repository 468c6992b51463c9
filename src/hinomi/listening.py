"""Where hinomi's servers listen: addresses in a configuration, and HTTP on a thread of its own."""

from ipaddress import ip_address
from threading import Thread
from typing import Final
from wsgiref.simple_server import WSGIServer

from hinomi.errors import ConfigError

_PORTS: Final = 1 << 16
_DIGITS_MOST: Final = 5


def split_address(text: str, where: str) -> tuple[str, int]:
    """
    Split ``HOST:PORT`` or ``[HOST]:PORT``.

    Args:
        text: What the operator wrote.
        where: Where it was written, for the message.

    Raises:
        ConfigError: If it is not of that form.
    """
    host, colon, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    bare = host[1:-1] if is_bracketed else host
    is_port = port.isascii() and port.isdecimal() and len(port) <= _DIGITS_MOST
    if not colon or not bare or not is_port or int(port) >= _PORTS:
        raise ConfigError(f"{where}: {text} is not ADDRESS:PORT, such as 127.0.0.1:9752")
    if ":" in bare and not is_bracketed:
        raise ConfigError(f"{where}: {text} is not ADDRESS:PORT; IPv6 is written [ADDRESS]:PORT")
    return bare, int(port)


def is_loopback(host: str) -> bool:
    """Tell whether *host*, an address or a name, is this machine alone (RFC 1122, 3.2.1.3)."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class HttpServer:
    """A small HTTP server for Prometheus and its like; a thread of its own serves it."""

    def __init__(self, server: WSGIServer, thread: Thread | None = None) -> None:
        """
        Serve.

        Args:
            server: Bound already.
            thread: That serves it; None: one is started.
        """
        self._server = server
        self._thread = thread or Thread(target=server.serve_forever, name="http", daemon=True)
        if thread is None:
            self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
