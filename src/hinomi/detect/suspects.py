"""
Sets of probably infected lines, one per kind of evidence.

Each kind knows what it cannot speak about: a line that scans port 23 says nothing about a
service on port 23, a line that mails says nothing about mail servers, and contact with a
listed C&C says nothing about that C&C itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats

from hinomi.detect.columns import floats, ints, keys, positions
from hinomi.detect.measures import BARE_BYTES
from hinomi.detect.orient import LINE
from hinomi.govern.parameters import Register
from hinomi.model.protocol import Protocol

MAIL_PORTS: Final = (25, 465, 587)
"""SMTP relay, submissions, submission (RFC 5321, RFC 8314, RFC 6409)."""

COUNTS_FROM: Final = 0.5
"""A client of at least this weight is counted and shown as a suspect."""

_BUSY: Final = 10
_USUAL_SILENT: Final = 0.05
_LEAST_SILENT: Final = 0.001
_MANY_LINES: Final = 20
_ORDINARY: Final = 0.5

_FEW_ALIKE: Final = 3.0
"""So many C&Cs of one port may a bot meet within a window."""


class Evidence(IntFlag):
    """Kinds of evidence that a line is infected."""

    KNOWN = 1  # Spoke with a listed C&C server or sinkhole.
    SCAN = 2  # Sent bare SYNs to more hosts on one port than its conversations explain.
    SPAM = 4  # Spoke SMTP with more mail servers than a subscriber needs.
    LISTED = 8  # Stands on an external list: honeypot, darknet.
    ATTACK = 16  # Took part in a flood, with more than forged sources explain.
    CALLED = 32  # Calls a listed C&C that does not answer.


ALL: Final = Evidence(sum(Evidence))


@dataclass(frozen=True, slots=True)
class Suspects:
    """
    Suspected lines.

    All columns have shape (n,): *line* is the key of `columns.keys` over `LINE`, distinct;
    *kinds* a mask of `Evidence`; *scanned* the port scanned most, -1 where none;
    *contacts* at how many addresses the line spoke with listed C&Cs.
    """

    line: NDArray[np.void]
    hi: NDArray[np.int64]
    lo: NDArray[np.int64]
    kinds: NDArray[np.int64]
    scanned: NDArray[np.int64]
    contacts: NDArray[np.int64]

    def count(self, kind: Evidence) -> int:
        """Count the lines with evidence of *kind*."""
        return int(((self.kinds & kind) != 0).sum())


def probes(pair: Any) -> Any:
    """
    Count, per line and TCP port, hosts it only sent bare SYNs to and hosts it spoke with.

    Columns: `LINE`, `remote_port`, `targets`, `spoken`, `first_ms` (of the bare SYNs, -1 where
    there are none). Without flags, a short packet that nobody answered stands for a bare SYN.
    Needs all pairs of each line that it is given.
    """
    tcp = pair.filter((pair.proto == int(Protocol.TCP)) & (pair.packets_out > 0))
    short = (tcp.packets_in == 0) & (tcp.bytes_out <= tcp.packets_out * BARE_BYTES)
    silent = (tcp.spoke == 0) & ((tcp.syn_out > 0) | short)
    counted = tcp.group_by([*LINE, "remote_port"]).aggregate(
        targets=silent.cast("int64").sum().cast("int64"),
        spoken=tcp.spoke.sum().cast("int64"),
        first_ms=tcp.first_ms.min(where=silent).coalesce(-1),
    )
    mail = counted.remote_port.isin(MAIL_PORTS)
    return counted.filter((counted.targets > 1) | (mail & (counted.spoken > 1)))


def scanners(probed: pa.Table, silent: float, tests: int, register: Register) -> pa.Table:
    """
    Choose the lines whose probed hosts their conversations do not explain.

    Args:
        probed: Rows of `probes`, of all lines.
        silent: Share of pairs in which a bare SYN is all that an ordinary client leaves, by
            sampling and by servers that are down (`silent_share`).
        tests: Number of lines and ports that could have been chosen.
        register: Gives ``suspects.fdr``.

    Returns:
        Columns `LINE`, `remote_port`, `targets`: one row per line, for the port probed most.

    Notes:
        The number of distinct probed hosts is compared with a Poisson expectation of
        `usual_silence` x (hosts spoken with on that port + 1/2); false discoveries are
        controlled over all lines and ports. The share of SYNs among a line's packets is
        not looked at.

    Source:
        Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57:289.
    """
    targets, spoken = ints(probed, "targets"), ints(probed, "spoken")
    if targets.size == 0:
        return probed.select([*LINE, "remote_port", "targets"])
    expected = usual_silence(probed, silent) * (spoken + 0.5)
    chance = stats.poisson.sf(targets - 1, expected)
    real = false_discovery_rates(chance, tests) <= register.number("suspects.fdr")
    real &= targets > 1
    chosen = probed.filter(pa.array(real)).select([*LINE, "remote_port", "targets"])
    order = np.lexsort((ints(chosen, "remote_port"), -ints(chosen, "targets")))
    chosen = chosen.take(pa.array(order))
    _, first = np.unique(keys(chosen, LINE), return_index=True)
    return chosen.take(pa.array(np.sort(first)))


def mailers(probed: pa.Table, tests: int, register: Register) -> pa.Table:
    """
    Choose the lines that speak SMTP with more hosts than a subscriber needs.

    Args:
        probed: Rows of `probes`, of all lines.
        tests: Number of lines that could have been chosen.
        register: Gives ``suspects.mail_hosts_usual`` and ``suspects.fdr``.

    Returns:
        Column `LINE`: the chosen lines.

    Notes:
        A Poisson test against the registered usual number, with false discovery control.
        A customer's own mail server is chosen too; the weight of the kind allows for it.
    """
    relay = probed.filter(pa.array(ints(probed, "remote_port") == MAIL_PORTS[0]))
    hosts = ints(relay, "spoken") + ints(relay, "targets")
    chance = stats.poisson.sf(hosts - 1, register.number("suspects.mail_hosts_usual"))
    real = false_discovery_rates(chance, tests) <= register.number("suspects.fdr")
    return relay.filter(pa.array(real)).select(LINE)


def gather(
    parts: Mapping[Evidence, pa.Table], contacts: NDArray[np.int64] | None = None
) -> Suspects:
    """
    Join the kinds of evidence to one row per line.

    Args:
        parts: Lines by kind (columns `LINE`, distinct); those of `Evidence.SCAN` with
            `remote_port`, the port scanned most.
        contacts: At how many addresses each line of `Evidence.KNOWN` spoke with listed
            C&Cs; one each where None.
    """
    rows = pa.concat_tables([part.select(LINE) for part in parts.values()])
    every, first = np.unique(keys(rows, LINE), return_index=True)
    kinds = np.zeros(every.size, dtype=np.int64)
    scanned = np.full(every.size, -1, dtype=np.int64)
    number = np.zeros(every.size, dtype=np.int64)
    for kind, part in parts.items():
        where = positions(keys(part, LINE), every)
        kinds[where] |= int(kind)
        if kind is Evidence.SCAN:
            scanned[where] = ints(part, "remote_port")
        if kind is Evidence.KNOWN:
            number[where] = 1 if contacts is None else contacts
    return Suspects(
        line=every,
        hi=ints(rows, "line_hi")[first],
        lo=ints(rows, "line_lo")[first],
        kinds=kinds,
        scanned=scanned,
        contacts=number,
    )


def weights(
    suspects: Suspects,
    who: NDArray[np.int64],
    port: NDArray[np.int64],
    is_known: NDArray[np.bool_],
    register: Register,
    *,
    only: Evidence = ALL,
    of_scans: NDArray[np.float64] | float = 1.0,
) -> NDArray[np.float64]:
    """
    Weigh suspected clients of services, each by the evidence that may speak there.

    Args:
        suspects: The suspected lines.
        who: Index of the line in *suspects*, one per pair, shape (m,).
        port: Port of the service, shape (m,).
        is_known: Whether the service itself is a listed C&C, shape (m,).
        register: Gives the reliability of each kind.
        only: The kinds to look at.
        of_scans: What is left of the evidence of a scan at each service once what the line
            and its like probe on that port is taken off (`credit`), shape (m,), 0..1.

    Returns:
        Probability that the line is infected on that evidence, shape (m,); 0 where all of
        its evidence came from this very service, or from mailing and this is a mail server.
    """
    kinds = suspects.kinds[who]
    doubt = np.ones(who.size)
    others = suspects.contacts[who] - is_known
    speaks = {
        Evidence.KNOWN: others > 0,
        Evidence.SCAN: of_scans,
        Evidence.SPAM: ~np.isin(port, MAIL_PORTS),
        Evidence.LISTED: np.ones(who.size, dtype=bool),
        Evidence.ATTACK: np.ones(who.size, dtype=bool),
        Evidence.CALLED: np.ones(who.size, dtype=bool),
    }
    for kind, may in speaks.items():
        if not kind & only:
            continue
        reliability = register.number(f"suspects.reliability_{kind.name or ''}".lower())
        doubt *= 1.0 - reliability * ((kinds & kind) != 0) * may
    return 1.0 - doubt


def usual_silence(probed: pa.Table, silent: float) -> NDArray[np.float64]:
    """
    Tell what share of hosts stays silent on a port in ordinary use.

    Args:
        probed: Rows of `probes`, of all lines.
        silent: Share over all ports (`silent_share`).

    Returns:
        Share for the port of each row, shape (rows,): where many lines use the port and most
        of them speak with more hosts than they probe, what the middle one leaves unanswered
        is the way of that port (or of lone packets that pass for SYNs, without flags);
        elsewhere *silent*, since scanners make the numbers.
    """
    ports, place = np.unique(ints(probed, "remote_port"), return_inverse=True)
    targets, spoken = floats(probed, "targets"), floats(probed, "spoken")
    share = targets / np.maximum(targets + spoken, 1.0)
    general = max(silent, _LEAST_SILENT)
    usual = np.full(ports.size, general)
    order = np.argsort(place, kind="stable")
    edges = np.searchsorted(place[order], np.arange(ports.size + 1))
    for port in np.flatnonzero(np.diff(edges) >= _MANY_LINES):
        middle = float(np.median(share[order[edges[port] : edges[port + 1]]]))
        if middle <= _ORDINARY:
            usual[port] = max(middle, general)
    return usual[place]


def credit(
    probed: pa.Table, silent: float, lines: NDArray[np.void], port: NDArray[np.int64]
) -> NDArray[np.float64]:
    """
    Tell how much a suspect's contact says, given what else it tries on the same port.

    Args:
        probed: Rows of `probes`, of all lines.
        silent: Share of hosts that stay silent over all ports (`silent_share`).
        lines: Key of the line of each pair, shape (m,).
        port: Port of the service of each pair, shape (m,).

    Returns:
        1 where the line probes no more hosts there than ordinary use explains, falling as
        (1 + expected) / (1 + hosts probed), shape (m,). A scanner meets whoever happens to
        answer: that explains the contact.
    """
    among = np.rec.fromarrays([keys(probed, LINE), ints(probed, "remote_port")])
    asked = np.rec.fromarrays([lines, port])
    place = positions(_flat(asked), _flat(among))
    expected = usual_silence(probed, silent) * (ints(probed, "spoken") + 0.5)
    share = np.append((1.0 + expected) / (1.0 + ints(probed, "targets")), 1.0)  # -1: the last.
    return np.asarray(np.minimum(1.0, share[place]), dtype=np.float64)


def credit_of_alike(
    probed: pa.Table, suspected: Suspects, who: NDArray[np.int64], port: NDArray[np.int64]
) -> NDArray[np.float64]:
    """
    Tell how much a scanner's contact says, given what scanners like it try on that port.

    Args:
        probed: Rows of `probes`, of all lines.
        suspected: The suspected lines.
        who: Index of the line in *suspected*, one per pair, shape (m,).
        port: Port of the service of each pair, shape (m,).

    Returns:
        1 / (1 + hosts that lines which scan the same port most probe on this one, on average),
        shape (m,); 1 for lines that do not scan. At 1 in 10,000 a scan shows on each line for
        a few of its hosts, and one of several ports for one or two of them.
    """
    place = positions(keys(probed, LINE), suspected.line)
    main = np.append(suspected.scanned, -1)[place]  # -1: the last.
    scans = np.flatnonzero(main >= 0)
    pair = (main << 16 | ints(probed, "remote_port"))[scans]
    known, at = np.unique(pair, return_inverse=True)
    hosts = np.bincount(at, weights=floats(probed, "targets")[scans], minlength=known.size)
    lines = np.bincount(suspected.scanned[suspected.scanned >= 0], minlength=65_536)
    mean = np.append(hosts / np.maximum(lines[known >> 16], 1), 0.0)  # -1: the last.
    asked = suspected.scanned[who] << 16 | port
    found = np.searchsorted(known, asked)
    hit = np.append(known, -1)[np.minimum(found, known.size)] == asked
    return np.asarray(1.0 / (1.0 + mean[np.where(hit, found, -1)]), dtype=np.float64)


def shared(
    line: NDArray[np.int64], port: NDArray[np.int64], usual: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Tell how much a suspect's contact says, given what else it speaks with on the same port.

    Args:
        line: Number of the line of each pair of suspects, shape (m,).
        port: Protocol and port of the service of each pair, as one number, shape (m,).
        usual: Services that a line as active meets on that port, shape (m,).

    Returns:
        1 where the line meets few services there or no more than usual, falling as
        (3 + usual) / (services met), shape (m,). A bot has few C&Cs; a resolver asks dozens
        of name servers, and who guesses passwords talks with dozens of hosts.
    """
    _, alike, met = np.unique((line << 24) | port, return_inverse=True, return_counts=True)
    return np.asarray(np.minimum(1.0, (_FEW_ALIKE + usual) / met[alike]), dtype=np.float64)


def _flat(rows: NDArray[np.void]) -> NDArray[np.void]:
    return np.ascontiguousarray(rows).view(np.dtype((np.void, rows.dtype.itemsize)))


def false_discovery_rates(chance: NDArray[np.float64], tests: int) -> NDArray[np.float64]:
    """
    Turn p-values into false discovery rates (q-values).

    Args:
        chance: p-values of the tests that were worth keeping, shape (n,), 0..1.
        tests: How many tests were made in all, at least n: the others count as p = 1.

    Returns:
        The smallest rate at which each is a discovery, shape (n,), 0..1.

    Source:
        Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57:289.
    """
    order = np.argsort(chance)
    rates = chance[order] * max(tests, chance.size) / np.arange(1, chance.size + 1)
    rates = np.minimum.accumulate(rates[::-1])[::-1]
    found = np.empty(chance.size)
    found[order] = np.minimum(rates, 1.0)
    return found


def silent_share(lines: pa.Table) -> float:
    """
    Measure the share of an ordinary line's pairs in which a bare SYN is all that was seen.

    Args:
        lines: Rows of `measures.activity`, summed over the buckets.

    Notes:
        The median over the lines with ten pairs or more: scanners are few among lines,
        though they may make most of the pairs.
    """
    tries, spoke = floats(lines, "tries"), floats(lines, "services")
    busy = tries + spoke >= _BUSY
    if not busy.any():
        return _USUAL_SILENT
    return float(np.median(tries[busy] / (tries + spoke)[busy]))
