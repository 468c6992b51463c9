"""
Health and metrics, for this machine alone: no TLS, no password, no listing, no member's name.

``/healthz`` says whether the hub can do its work; ``/metrics`` is for Prometheus.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app

from hinomi.errors import ConfigError, HinomiError, Unavailable
from hinomi.listening import HttpServer, is_loopback, split_address
from hinomi.services.hub.serving import Serving
from hinomi.services.journals import JOURNAL

LEAST_FREE_BYTES: Final = 64 << 20
"""With less room than this on the journal's disk the hub says that it fails."""


_NEEDED: Final = ("database", "journal")
"""Without these the hub gives nothing. Without a new list it still gives the one before."""


def health_of(serving: Serving) -> dict[str, object]:
    """
    Look whether the hub can do its work.

    Returns:
        ``healthy``: nothing is ``failing``, where the names are of what does. ``database``
        answers, ``journal`` can be written, ``made``: the newest list is of this epoch, ``late``:
        that is due and is not. What fails may be, beside database and journal, ``publish``: the
        last attempt to make this epoch's list; and ``clock``: the newest list is of a later epoch.
    """
    found: dict[str, object] = {"database": True, "made": False, "late": False}
    failing: list[str] = []
    try:
        found["newest"] = serving.casebook.hub.snapshots.newest_number()
        found["made"], found["late"] = serving.is_made(), serving.is_late()
        failing += serving.failing()
    except HinomiError:
        found["database"] = False
    found["journal"] = _is_writable(serving.home.folder / JOURNAL) and not serving.reads.is_failing
    failing += (each for each in _NEEDED if not found[each])
    return {"healthy": not failing, "failing": sorted(failing), **found}


def _is_writable(folder: Path) -> bool:
    try:
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= LEAST_FREE_BYTES
    except OSError:
        return False


def serve_health(serving: Serving, address: str) -> HttpServer:
    """
    Serve ``/healthz`` and ``/metrics`` of *serving*.

    Args:
        serving: The hub that runs.
        address: ``HOST:PORT`` of this machine alone; port 0 takes a free one.

    Raises:
        ConfigError: If *address* is none, or others could ask there.
        Unavailable: If the port is taken.
    """
    host, port = parse_loopback(address)
    try:
        server = make_server(host, port, _application(serving), handler_class=_Quiet)
    except OSError as error:
        raise Unavailable(
            f"hub.metrics {address}: {error.strerror or error}; free it or choose another"
        ) from error
    return HttpServer(server)


def parse_loopback(address: str) -> tuple[str, int]:
    """
    Split ``HOST:PORT`` of health and metrics.

    Raises:
        ConfigError: If *address* is not of that form, or not of this machine alone.
    """
    host, port = split_address(address, "hub.metrics")
    if not is_loopback(host):
        raise ConfigError(
            f"hub.metrics: {address} would answer other machines, and nobody is asked for a "
            "certificate there: use 127.0.0.1, or leave it empty"
        )
    return host, port


class _Quiet(WSGIRequestHandler):
    """Logs no request."""

    def log_message(self, *_told: object) -> None:
        """Say nothing."""


def _application(serving: Serving) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    metrics = make_wsgi_app(serving.meters.registry)

    def answer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            given: Iterable[bytes] = metrics(environ, start)
            return given
        if path == "/healthz":
            found = health_of(serving)
            # A list that is not made is no reason to start the hub anew: it would be as late.
            gives = all(found[each] for each in _NEEDED)
            status = "200 OK" if gives else "503 Service Unavailable"
        else:
            found, status = {"error": "there are /healthz and /metrics"}, "404 Not Found"
        body = json.dumps(found, sort_keys=True).encode() + b"\n"
        start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return answer
