"""A sister C&C shows a share as high; the cloud of the infected device model does not."""

import numpy as np
from numpy.typing import NDArray

from hinomi.detect.families import best_share, least_share


def shares(*services: tuple[range, int]) -> list[float]:
    """Give the least share of services, each described by its suspects and its clients."""
    pairs = [(place, who) for place, (members, _) in enumerate(services) for who in members]
    columns: NDArray[np.int64] = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    clients = np.array([clients for _, clients in services], dtype=float)
    return list(least_share(best_share(columns[0], columns[1], clients)).round(6))


def test_a_cloud_would_have_to_show_what_the_cc_shows() -> None:
    """Beside a C&C whose 20 clients are all suspects, the cloud of 400 that they meet too."""
    cc, cloud = shares((range(20), 20), (range(20), 400))

    assert cloud == 0.65  # Its own share is 0.05: far below.
    assert cc == round(0.65 * 20 / 400, 6)  # Its own share is 1: far above.


def test_a_sister_cc_reaches_its_least_share() -> None:
    """Two C&Cs with the same bots: each asks of the other less than it shows."""
    first, second = shares((range(20), 20), (range(20), 22))

    assert first == round(0.65 * 20 / 22, 6)
    assert second == 0.65
    assert second <= 20 / 22


def test_unrelated_services_ask_nothing_of_each_other() -> None:
    """Fewer than a third of its suspects, or fewer than three, meet the other: no family."""
    assert shares((range(20), 20), (range(14, 60), 46)) == [0.0, 0.0]
    assert shares((range(5), 5), (range(3, 8), 5)) == [0.0, 0.0]


def test_a_service_is_not_its_own_sister() -> None:
    """One service alone has nobody to be compared with."""
    assert shares((range(20), 20)) == [0.0]


def test_what_has_few_suspects_or_clients_is_not_compared() -> None:
    """Two suspects, or four clients, are too few to speak of a share."""
    assert shares((range(2), 20), (range(20), 20)) == [0.0, 0.0]
    assert shares((range(4), 4), (range(20), 20)) == [0.0, 0.0]


def test_a_pair_that_comes_twice_counts_once() -> None:
    """The same suspect-service pair in two rows changes nothing."""
    service, who = np.repeat([0, 1], 10), np.tile(np.arange(10), 2)
    clients = np.array([10.0, 40.0])
    once = best_share(service, who, clients)

    twice = best_share(np.append(service, service), np.append(who, who), clients)

    assert twice.tolist() == once.tolist()


def test_without_suspects_nothing_is_asked() -> None:
    """No pair at all: zeros."""
    nobody = np.zeros(0, dtype=np.int64)

    assert best_share(nobody, nobody, np.array([9.0, 9.0])).tolist() == [0, 0]
