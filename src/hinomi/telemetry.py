"""
Logs: one line of ``key=value`` on standard error, and never an address in it.

Subscribers' addresses are kept out of logs by not being handed to them; the mask here
is the second lock on the same door.
"""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import structlog

WITHHELD: Final = "[address]"

_V4: Final = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d])")
_V6: Final = re.compile(r"(?<![0-9A-Za-z:])[0-9A-Fa-f:]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*")


def mask_addresses(text: str) -> str:
    """Put `WITHHELD` in the place of every IPv4 and IPv6 address that stands in *text*."""
    return _V6.sub(_withhold, _V4.sub(_withhold, text))


def name_without_addresses(path: Path) -> str:
    """Give a file's name for a record: without its folders, and without addresses in it."""
    return mask_addresses(os.fsencode(path.name).decode("utf-8", "backslashreplace"))


def set_up_logging(level: str, *, timed: bool = True) -> None:
    """
    Send logs of *level* (debug, info, warning, error) and above to standard error.

    Call it once at the start of a command; the stream is taken anew each time.

    Args:
        level: The least that is said.
        timed: Whether each line says when. A hub's do not: what it says by default is of the
            list alone, and whoever keeps its log adds the time.
    """
    clock = [structlog.processors.TimeStamper(fmt="iso", utc=True)] if timed else []
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            *clock,
            _mask,
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "event"], drop_missing=True, bool_as_flag=False
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key != "timestamp" and not isinstance(value, bool | int | float):
            event[key] = mask_addresses(str(value)).replace("\n", " ")
    return event


def _withhold(found: re.Match[str]) -> str:
    text = found[0]
    for candidate in (text, text.rstrip("."), text.rstrip(".").removesuffix(":")):
        try:
            ip_address(candidate)
        except ValueError:
            continue
        return WITHHELD + text[len(candidate) :]
    return text
