"""The reference of what the collector counts, rendered from the constants that name it."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Final, NamedTuple

import click

import hinomi.collect
import hinomi.collect.wire
from hinomi.clock import render_time
from hinomi.collect.accounting import DROPPED, KEPT, LEVELS
from hinomi.collect.wire.decoder import DATAGRAM_BYTES, DATAGRAMS, RECORDS
from hinomi.collect.wire.sequences.places import LATE, LOST, SEQUENCED
from hinomi.model.exporter import SequenceUnit
from hinomi.services import workerreport


class Reason(NamedTuple):
    """One thing that the collector counts."""

    name: str
    meanings: Mapping[str, str]  # By the module that counts it.


class _Group(NamedTuple):
    title: str
    about: str
    names: re.Pattern[str]  # Of the reasons in it; the first group that takes one has it.


_HEAD: Final = """\
# What the collector counts

Generated from the code by `python -m hinomi.cli.counters`; a test checks that this page is up to
date and that no reason is missing. What leads to them, and what to do, is told in
[Receive flow exports](../howto/receive-flows.md).

Each name below stands as it is in `hinomi collect status` and in its `--json`, for one exporter
unless said otherwise. Counts begin at 0 when the collector starts. The last column is the series
at the Prometheus endpoint, less its beginning `hinomi_collect_` and its end `_total`; every series
of an exporter has the label `exporter`.

One rule holds all of it together: **`records` = `records-kept` + all reasons of
[Refused](#refused) + what is `gathered`**, and conversation records made = stored + waiting +
given up + of removed hours. The difference is the gauge `hinomi_collect_unaccounted`, always 0.

Beside these the status has, without a reason:

| in `--json` | means | series |
|---|---|---|
| `refused`, `refused_own`, `refused_others` | datagrams by address that `[collect] allow` does \
not name; those of own networks are counted and never named; beyond 256 addresses, and 8 in a \
block of datagrams, all others together | `refused_datagrams` (of all three), \
`refused_own_datagrams` |
| `over_limit` | datagrams of allowed addresses that got no number: 4,096 others have one, or \
2,048 and this one sends no export. What stands in `[collect] allow` as a single address always \
gets one \
| `over_limit_datagrams` |
| `gathered` | flow records that wait in memory to become conversation records \
| `hinomi_collect_records_gathered` |
| `conversations` | conversation records by what became of them: made, stored (durable), of \
removed hours, given up (the disk refused for too long), waiting | `conversations{fate="…"}`, \
`hinomi_collect_conversations_waiting` |
"""

_GROUPS: Final = (
    _Group(
        "Received",
        "What came from exporters that may send.",
        re.compile(r"datagrams|datagram-bytes|records|records-kept|sequenced-.*"),
    ),
    _Group(
        "Lost",
        "What sequence numbers tell. They count flows in NetFlow v5, datagrams in NetFlow v9 and "
        "sFlow, data records in IPFIX. `status` shows lost less late. What the *kernel* dropped is "
        "in it too, if the exporter counts; see [Own](#own).",
        re.compile(r"lost-.*|late-.*|sequence-.*|exporter-restarted"),
    ),
    _Group(
        "Refused",
        "Decoded records that a rule of the home keeps out, each for one reason.",
        re.compile("|".join(sorted(DROPPED))),
    ),
    _Group(
        "Malformed",
        "What an exporter's own protocol forbids. What was good before it stays good. In the "
        "series `malformed` the reason stands without `malformed-`.",
        re.compile(r"malformed-.*|bytes-behind-.*"),
    ),
    _Group(
        "Templates",
        "NetFlow v9 and IPFIX: layouts of records, which exporters send now and then.",
        re.compile(r"templates?-.*|field-impossible|sets-.*|padding-odd|records-too-many|stream.*"),
    ),
    _Group(
        "Sampling",
        "At which rate records were sampled. Records are kept or refused by the rate; these say "
        "where it came from.",
        re.compile(r"sampling-.*|samplers-.*"),
    ),
    _Group("Time", "When flows began and ended, where that is doubtful.", re.compile(r"time-.*")),
    _Group(
        "Discarded",
        "What is left out at decoding, or kept with a doubt about its counters.",
        re.compile(
            r"(fields|payload)-discarded|records-unread|no-.*|not-ip|counts-.*|bytes-.*|packets-.*"
        ),
    ),
    _Group(
        "sFlow",
        "Samples of packets, and of frames inside IPFIX records.",
        re.compile(r"sflow-.*|packet-bytes-.*|.*-headers-cut|agent-.*"),
    ),
    _Group(
        "Forwarding",
        "With `--forward`; for all exporters together.",
        re.compile(r"forward.*"),
    ),
    _Group(
        "Own",
        "What no exporter can be blamed for; for all exporters together.",
        re.compile(r"kernel-.*|receiver-.*|datagrams-cut|unread-bytes|commit.*|case-book-.*"),
    ),
)

_REASON: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NOT_REASONS: Final = frozenset({"system", "sampler", "interface", "card", "stated"})
_SAID_OF: Final = {
    "netflow5": "NetFlow v5",
    "netflow9": "NetFlow v9, IPFIX, sFlow",
    "interpret": "NetFlow v9, IPFIX",
    "sampled": "sFlow",
}
"""Which protocol a module means where two modules count the same reason."""

_BY_UNIT: Final = (SEQUENCED, LOST, LATE)
_EPOCHS: Final = frozenset({"EARLIEST_MS"})


@cache
def reasons() -> Mapping[str, Reason]:
    """
    Find every reason: each constant of a collecting module that is a reason or a table of them.

    Raises:
        ValueError: If one has no docstring (its author's omission).
    """
    found: dict[str, dict[str, str]] = {}
    for module in _modules():
        for constant, text in _constants(module):
            for name in _names(getattr(module, constant)):
                if not text:
                    raise ValueError(f"{module.__name__}.{constant} has no docstring")
                short = module.__name__.rpartition(".")[2]
                found.setdefault(name, {})[short] = _plain(text, name, module)
    return MappingProxyType({name: Reason(name, meanings) for name, meanings in found.items()})


def render_counters() -> str:
    """
    Render the page.

    Raises:
        ValueError: If a reason belongs to no group (its author's omission).
    """
    waiting = dict(reasons())
    parts = [_HEAD]
    for title, about, names in _GROUPS:
        taken = [name for name in waiting if names.fullmatch(name)]
        rows = [_row(waiting.pop(name)) for name in taken]
        table = "\n".join(["| reason | counts | series |", "|---|---|---|", *rows])
        parts.append(f"## {title}\n\n{about}\n\n{table}\n")
    if waiting:
        raise ValueError(f"no group takes {sorted(waiting)}")
    return "\n".join(parts)


def _modules() -> Iterator[ModuleType]:
    for each in pkgutil.iter_modules(hinomi.collect.__path__, "hinomi.collect."):
        if not each.ispkg:
            yield importlib.import_module(each.name)
    for each in pkgutil.walk_packages(hinomi.collect.wire.__path__, "hinomi.collect.wire."):
        if not each.ispkg:
            yield importlib.import_module(each.name)
    yield workerreport


def _constants(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield the module's public constants, each with the docstring behind it."""
    body = ast.parse(inspect.getsource(module)).body
    for node, behind in zip(body, [*body[1:], ast.Pass()], strict=True):
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        is_text = isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant)
        name = node.target.id
        if name.isupper() and not name.startswith("_"):
            yield name, str(behind.value.value) if is_text else ""  # type: ignore[attr-defined]


def _names(value: object) -> list[str]:
    if isinstance(value, str) and not isinstance(value, Enum) and _REASON.fullmatch(value):
        return [] if value in _NOT_REASONS else [value]
    if isinstance(value, dict):
        return [name for each in value.values() for name in _names(each)]
    return []


def _plain(text: str, reason: str, module: ModuleType) -> str:
    """Put values in the place of the names of constants."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        known = getattr(module, name, None)
        if known in _BY_UNIT:
            return f"`{known[SequenceUnit(reason.partition('-')[2])]}`"
        if not isinstance(known, int):
            return match[0]
        if name in _EPOCHS:
            return render_time(known)[:10]
        return f"{known // 1000:,} s" if name.endswith("_MS") else f"{known:,}"

    return re.sub(r"`([A-Z_]+)`", value, " ".join(text.split()))


def _row(reason: Reason) -> str:
    texts = dict.fromkeys(reason.meanings.values())
    if len(texts) == 1:
        meaning = next(iter(texts))
    else:
        meaning = " ".join(f"{_SAID_OF[m]}: {text}" for m, text in reason.meanings.items())
    return f"| `{reason.name}` | {meaning} | {_series(reason)} |"


def _series(reason: Reason) -> str:
    """Name the series as `collect.metrics` does."""
    name = reason.name
    if name in {DATAGRAMS, DATAGRAM_BYTES, RECORDS, KEPT}:
        return f"`{name.replace('-', '_')}`"
    if any(name in table.values() for table in _BY_UNIT):
        label, _, unit = name.partition("-")
        return f'`{label}{{unit="{unit}"}}`'
    if name in LEVELS:
        return f'`hinomi_collect_level{{what="{name}"}}`'
    if name in DROPPED:
        return "`records_dropped`"
    if name.startswith("malformed-"):
        return "`malformed`"
    of_none = reason.meanings.keys() <= {"forward", "workerreport"}
    return "`own`" if of_none else "`noted`"


if __name__ == "__main__":
    click.echo(render_counters(), nl=False)
