"""
From the pieces of evidence to one probability per service.

Log-odds add up only where their causes differ: what leans on one cause is bounded as one
piece before it gets here. The sum starts from the base rate of C&Cs among services.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from hinomi.errors import ConfigError
from hinomi.govern.parameters import Register

ENRICHED_FULL: Final = 12.0
ENRICHED_MOST: Final = 18.0
ENRICHED_LEAST: Final = -2.0
CROWD_LEAST: Final = -3.0
BRIEF_LEAST: Final = -8.0
BRIEF_MS: Final = 7_200_000.0
SINKHOLE: Final = -20.0
"""Researchers run it: whoever meets it is infected, but it gives no orders."""

_SEVERAL: Final = 3
_BEFORE_FRESH: Final = 0.1
_BEFORE_USUAL: Final = 0.5
_ONSET_MOST: Final = 3.0
_DAY_HOURS: Final = 24
_MANY_CALLS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Answers:
    """
    What answered cases taught: log-odds become *shift* + *slope* times themselves.

    0 and 1 change nothing, to the last bit. The ledger stays as it is, and with a slope above 0
    so does every rank.
    """

    shift: float = 0.0
    slope: float = 1.0


@dataclass(slots=True)
class Ledger:
    """Log-odds by reason code, one column of shape (services,) each."""

    services: int
    terms: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, code: str, weight: NDArray[np.float64]) -> None:
        """
        Add one column.

        Raises:
            ValueError: If its shape is not (services,) or *code* stands there already.
        """
        if weight.shape != (self.services,) or code in self.terms:
            raise ValueError(f"column {code} does not fit the ledger")
        self.terms[code] = weight

    def total(self) -> NDArray[np.float64]:
        """Sum the columns, shape (services,)."""
        total = np.zeros(self.services)
        for weight in self.terms.values():
            total += weight
        return total


def base_rate(services: int, slab: float | None, register: Register) -> float:
    """
    Tell the share of C&Cs among the services of a window.

    Args:
        services: Number of services in the window.
        slab: Share that `enrich.learn_null` gave to C&C-like services; None where there
            were no suspects to learn from. One C&C in the window is always thought possible.
        register: Gives ``fuse.base_rate_min`` and ``fuse.base_rate_max``.
    """
    learned = max(1.0 / max(services, 1), slab or 0.0)
    low, high = register.number("fuse.base_rate_min"), register.number("fuse.base_rate_max")
    return min(max(learned, low), high)


def enriched_term(
    log_ratio: NDArray[np.float64], rate: NDArray[np.float64], register: Register
) -> NDArray[np.float64]:
    """
    Turn the log likelihood ratio of `enrich` into a term.

    A discovery at the registered rate counts in full. What is none counts the less the
    nearer its rate comes to 1, evenly in the logarithm, and for nothing at 1: among
    millions of services chance alone makes large ratios. Large ratios are bounded softly,
    so that more evidence never ranks lower.
    """
    over = np.maximum(log_ratio - ENRICHED_FULL, 0.0)
    soft = ENRICHED_FULL + (ENRICHED_MOST - ENRICHED_FULL) * -np.expm1(-over / 40.0)
    bounded = np.clip(np.where(over > 0, soft, log_ratio), ENRICHED_LEAST, ENRICHED_MOST)
    limit = register.number("enrich.fdr")
    beyond = np.log(np.clip(rate, limit, 1.0) / limit) / -np.log(limit)
    return np.where(bounded > 0, bounded * (1.0 - beyond), bounded)


def crowd_term(clients: NDArray[np.float64], lines: int, register: Register) -> NDArray[np.float64]:
    """
    Say that few C&Cs are met by a large share of all lines.

    Bounded, since a C&C may hide behind a popular name; nothing below a hundred lines.
    """
    if lines < 100:  # noqa: PLR2004 - shares of a home network mean nothing.
        return np.zeros(clients.size)
    usual = register.number("fuse.crowd_share")
    return np.maximum(CROWD_LEAST, -np.log1p((clients / lines / usual) ** 2))


def one_way_term(
    packets_in: NDArray[np.float64], packets_out: NDArray[np.float64], lines: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Speak against services that hardly answer although much is sent: victims and targets.

    It takes several lines: one line that is not answered is weighed by its habits.
    """
    total = packets_in + packets_out
    share = packets_in / np.maximum(total, 1.0)
    # A C&C answers about every other packet; 20 packets without an answer are no chance.
    silent = (total >= 20) & (share < 0.05) & (lines >= _SEVERAL)  # noqa: PLR2004
    return np.where(silent, -3.0, 0.0)


def target_term(silent: NDArray[np.float64], clients: NDArray[np.float64]) -> NDArray[np.float64]:
    """Speak against services that more lines only knocked at than spoke with."""
    surplus = np.maximum(silent - clients, 0.0)
    return np.where(silent >= _SEVERAL, -np.minimum(3.0, np.log2(1.0 + surplus)), 0.0)


def brief_term(
    lasted_ms: NDArray[np.float64], clients: NDArray[np.float64], hours: int
) -> NDArray[np.float64]:
    """
    Speak against what several lines met, and all of them within two hours of a longer window.

    Args:
        lasted_ms: From the first record to the last, shape (services,).
        clients: Lines that really spoke with each.
        hours: Of the window with records; nothing is said of less than a day.

    Returns:
        From -8, where all met at once, up to 0, shape (services,). Floods too thin to be cut as
        bursts look so, and a C&C keeps its bots for longer.
    """
    if hours < _DAY_HOURS:
        return np.zeros(clients.size)
    short = np.clip(1.0 - lasted_ms / BRIEF_MS, 0.0, 1.0)
    return np.where(clients >= _SEVERAL, BRIEF_LEAST * short, 0.0)


def onset_term(telling: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Weigh whether suspects met the service before their infection showed.

    Args:
        telling: Suspects whose infection shows within the window, shape (services,).
        before: Of them, those that met the service well before.

    Returns:
        ln P(order | C&C) - ln P(order | other), at most 3, shape (services,). Half of all C&Cs
        are met when the infection begins; the bots of the others, and the clients of anything
        else, are as likely to show it later.
    """
    after = telling - before
    fresh = before * np.log(_BEFORE_FRESH) + after * np.log1p(-_BEFORE_FRESH)
    usual = before * np.log(_BEFORE_USUAL) + after * np.log1p(-_BEFORE_USUAL)
    return np.asarray(
        np.minimum(np.logaddexp(np.log(0.5), np.log(0.5) + fresh - usual), _ONSET_MOST)
    )


def momentary_chance(
    several: NDArray[np.float64], returned: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Tell how probable it is that clients only fetch something here, by their not coming back.

    Args:
        several: Clients of which more than one record was sampled, shape (services,).
        returned: Of them those seen an hour apart or more, shape (services,).

    Returns:
        0..0.95, shape (services,); 0 where clients leave one record at most, since nothing
        can be said then. A C&C keeps its bots; loaders and installers do not.
    """
    share = returned / np.maximum(several, 1.0)
    missing = np.clip(1.0 - share / 0.3, 0.0, 1.0)
    sure = several / (several + 2.0)
    return np.where(several >= _SEVERAL, 0.95 * missing * sure, 0.0)


def transfer_chance(
    packets_in: NDArray[np.float64], bytes_in: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Tell how probable it is that a botnet's server is a loader, by the size of its packets.

    Args:
        packets_in: Packets from each service, shape (services,).
        bytes_in: Their IP bytes.

    Returns:
        0..0.95, shape (services,). Bots fetch programs in full packets, orders are short.
    """
    size = bytes_in / np.maximum(packets_in, 1.0)
    fullness = np.clip((size - 500.0) / 700.0, 0.0, 1.0) * (packets_in >= 5)  # noqa: PLR2004
    return np.where(fullness > 0, special.expit(6.0 * fullness - 3.0), 0.0)


def other_part(before: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Give the term that leaves P(botnet server) x P(it plays no other part in the botnet).

    Args:
        before: Log-odds without this term, base rate included, shape (services,).
        chance: Probability of the other part, 0..1, shape (services,).

    Notes:
        However sure it is that a service belongs to a botnet, what tells loaders from C&Cs
        still counts in full: added log-odds would drown it.
    """
    after = special.expit(before) * (1.0 - chance)
    return np.where(chance > 0, special.logit(np.maximum(after, 1e-300)) - before, 0.0)


def mesh_term(
    mesh_clients: NDArray[np.float64], clients: NDArray[np.float64], high_port: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Speak against services whose clients meet many look-alikes that nobody else meets."""
    share = mesh_clients / np.maximum(clients, 1.0)
    return np.where(high_port & (share > 0.5), -3.0 * share, 0.0)  # noqa: PLR2004


def alive_chance(
    spoke: NDArray[np.bool_], asked: NDArray[np.float64], tcp: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """
    Tell how probable it is that a listed C&C is still in use.

    Args:
        spoke: Some line really spoke with it, shape (services,).
        asked: Packets that were sampled on their way to it.
        tcp: It is a TCP service.

    Returns:
        1 where it spoke, else 1 / (1 + 2^asked) and 1 / 33 at least, shape (services,). Every
        other entry is dead; of one in use, half of what is sampled are answers, unless an
        exporter sees one direction only. Then nothing tells a conversation of another
        protocol from calls in vain: there 1 / 3 at least.
    """
    told = np.minimum(asked, np.where(tcp, _MANY_CALLS, 1.0))
    return np.where(spoke, 1.0, special.expit(-np.log(2.0) * told))


def listed_term(
    is_listed: NDArray[np.bool_],
    alive: NDArray[np.float64],
    names_port: NDArray[np.bool_],
    prior: float,
    register: Register,
) -> NDArray[np.float64]:
    """
    Raise listed C&Cs from the base rate to the reliability of lists.

    Args:
        is_listed: Stands on a known-C&C list, shape (services,), as the next two.
        alive: Probability that it is in use at all (R13): `alive_chance`.
        names_port: The entry names the port; an address alone says less.
        prior: The base rate from which the sum starts.
        register: Gives ``known.right_share`` and ``known.right_share_address``.
    """
    right = np.where(
        names_port,
        register.number("known.right_share"),
        register.number("known.right_share_address"),
    )
    right = right * alive
    return np.where(is_listed, special.logit(right) - special.logit(prior), 0.0)


def answers(register: Register) -> Answers:
    """
    Give the correction that answered cases taught (R12).

    Args:
        register: Gives ``fuse.answers_shift`` and ``fuse.answers_slope``.

    Raises:
        ConfigError: If the slope is not above 0: it would turn the ranks round, or level them.
    """
    taught = Answers(register.number("fuse.answers_shift"), register.number("fuse.answers_slope"))
    if taught.slope <= 0.0:
        raise ConfigError(f"register: fuse.answers_slope is {taught.slope}; it must be above 0")
    return taught


def log_odds(prior: float, ledger: Ledger, taught: Answers) -> NDArray[np.float64]:
    """Add the ledger to the base rate and correct the sum, shape (services,)."""
    said = special.logit(prior) + ledger.total()
    return np.asarray(taught.shift + taught.slope * said, dtype=np.float64)


def probability(prior: float, ledger: Ledger, taught: Answers | None = None) -> NDArray[np.float64]:
    """Add the ledger to the base rate, correct the sum and return probabilities, (services,)."""
    odds = log_odds(prior, ledger, taught or Answers())
    return np.asarray(special.expit(odds), dtype=np.float64)
