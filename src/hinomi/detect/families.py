"""
What the suspects of a service show elsewhere: how much of a family the evidence catches.

How many members of a botnet leave evidence differs by family. Where many suspects of a
service meet another service whose clients are nearly all suspects, the evidence catches
nearly all of that family. A C&C of the same family would then show a share as high; the
cloud of the infected device model, which clean devices meet too, does not.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_LEAST_CLIENTS: Final = 5
_LEAST_SHARED: Final = 3
_MOST_COMPARED: Final = 4_000
"""Services compared with each other, those with most suspects first."""

_MOST_OF: Final = 0.6
"""Share of the suspects that two services could have in common, for them to be related."""

_PART: Final = 0.65
"""Share of the best that a sister C&C still reaches: families do split their members."""


def least_share(best: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Tell the smallest share of suspects that a C&C with these clients would show.

    Args:
        best: What `best_share` gave, 0..1, shape (n,).

    Returns:
        0.65 times as much, shape (n,); 0 where there is no related service.
    """
    return _PART * best


def best_share(
    service: NDArray[np.int64], who: NDArray[np.int64], clients: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Give the largest share of suspects that a related service shows.

    Args:
        service: Service of each pair with a suspect that counts there, shape (m,).
        who: Suspect of each pair, shape (m,).
        clients: Clients of each service, shape (n,).

    Returns:
        The largest share among the other services that have most of the suspects in common
        with it that they could have, shape (n,); 0 where there is none.
    """
    best = np.zeros(clients.size)
    counts = np.bincount(service, minlength=clients.size)
    chosen = np.flatnonzero((counts >= _LEAST_SHARED) & (clients >= _LEAST_CLIENTS))
    chosen = chosen[np.argsort(-counts[chosen], kind="stable")][:_MOST_COMPARED]
    if chosen.size < 2 or who.size == 0:  # noqa: PLR2004 - nothing to compare with.
        return best
    column = np.full(clients.size, -1)
    column[chosen] = np.arange(chosen.size)
    use = column[service] >= 0
    _, line = np.unique(who[use], return_inverse=True)
    met = sparse.csr_matrix(
        (np.ones(line.size, dtype=np.float32), (line, column[service[use]])),
        shape=(int(line.max()) + 1, chosen.size),
    )
    met.data[:] = 1.0  # A pair counts once, however it came twice.
    shared = (met.T @ met).toarray()
    mine = shared.diagonal().copy()
    share = mine / clients[chosen]
    np.fill_diagonal(shared, 0.0)
    possible = np.minimum(mine[:, None], mine[None, :])
    related = (shared >= _LEAST_SHARED) & (shared >= _MOST_OF * possible)
    best[chosen] = np.where(related, share[None, :], 0.0).max(axis=1)
    return best
