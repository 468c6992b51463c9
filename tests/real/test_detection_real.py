"""Detection on captures of single infected hosts, and on benign traffic, without any list."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from captures import (
    FLOWS,
    Label,
    capture,
    detect_in,
    detect_over,
    labels,
    own_networks,
    rank_of,
)
from hinomi.services.detecting import Detection

pytestmark = pytest.mark.skipif(not FLOWS.is_dir(), reason="../shared/data is absent")

BACKGROUND: Final = ("office-lan", "windows-normal-008")
BENIGN: Final = (
    BACKGROUND,
    ("windows-normal-010",),
    ("iot-benign",),
    ("bittorrent-normal",),
    ("portscan",),
)
NDPI: Final = FLOWS / "ndpi" / "tests" / "cfgs" / "default" / "pcap"
MALICIOUS: Final = frozenset({
    "bot", "dns_exfiltration", "emotet", "exe_download", "exe_download_as_png",
    "log4j-webapp-exploit", "malware", "synscan", "tcp_scan", "tls_heur__trojan-tcp-tls",
    "trickbot",
})  # fmt: skip
"""Captures of nDPI that hold attacks or malware; all the others are ordinary applications."""

Detect = Callable[..., Detection]


@pytest.fixture(name="detect", scope="module")
def detections(tmp_path_factory: pytest.TempPathFactory) -> Detect:
    """Detect over named captures together, each combination once."""
    made: dict[tuple[str, ...], Detection] = {}

    def detect(*names: str) -> Detection:
        if names not in made:
            made[names] = detect_in(tmp_path_factory.mktemp("real") / "run", *names)
        return made[names]

    return detect


def label_of(name: str) -> Label:
    """Give the one labelled C&C server of a capture."""
    (label,) = (label for label in labels() if label.name == name)
    return label


def told(detection: Detection) -> list[tuple[object, ...]]:
    """
    Give everything that is said of the candidates, most probable first.

    Services in the own network go by a pseudonym that is another in every home: theirs is
    left out, and they come last among equals.
    """
    said = [
        (
            -each.probability,
            each.service.own,
            "own" if each.service.own else str(each.service),
            each.service.proto,
            each.service.port,
            each.clients,
            each.suspects,
            [(reason.code, reason.text) for reason in each.reasons],
        )
        for each in detection.candidates
    ]
    return sorted(said)


def most_probable(detection: Detection) -> float:
    """Give the highest probability of all candidates, 0 without one."""
    return max((each.probability for each in detection.candidates), default=0.0)


@pytest.mark.parametrize("name", ["njrat", "remcosrat", "quasarrat"])
def test_the_labelled_server_is_among_the_first_five(detect: Detect, name: str) -> None:
    """One infected host in two homes of benign traffic, unsampled, no list naming the server."""
    detection = detect(name, *BACKGROUND)
    rank = rank_of(detection, label_of(name).service)

    assert rank is not None
    assert rank <= 5
    assert not any(each.known for each in detection.candidates)


@pytest.mark.parametrize("names", BENIGN, ids="+".join)
def test_benign_traffic_holds_no_probable_server(detect: Detect, names: tuple[str, ...]) -> None:
    """Every service of a benign background stays below even odds."""
    detection = detect(*names)

    assert most_probable(detection) < 0.5


def test_captures_of_ordinary_applications_hold_no_probable_server(tmp_path: Path) -> None:
    """Some thirty applications as one background: none of their services reaches even odds."""
    paths = [path for path in sorted(NDPI.glob("*.pcap*")) if path.stem not in MALICIOUS]
    if not paths:
        pytest.skip("the nDPI captures are absent")
    assert len(paths) >= 25

    detection = detect_over(tmp_path / "run", paths)

    assert most_probable(detection) < 0.5


@pytest.mark.parametrize("background", [(), BACKGROUND], ids=["alone", "with background"])
def test_a_peer_to_peer_bot_has_no_central_server(
    detect: Detect, background: tuple[str, ...]
) -> None:
    """No peer of a Zeus-like bot is held to be the one C&C server."""
    detection = detect("p2p-zeus-like", *background)

    assert most_probable(detection) < 0.5


@pytest.mark.parametrize("background", [(), BACKGROUND], ids=["alone", "with background"])
def test_a_shared_mail_server_is_not_accused(detect: Detect, background: tuple[str, ...]) -> None:
    """Malware that mails its loot through a shared mail server does not make it a C&C server."""
    shared = label_of("agenttesla-smtp").service
    detection = detect("agenttesla-smtp", *background)
    said = [each.probability for each in detection.candidates if each.service == shared]

    assert all(probability < 0.5 for probability in said)
    assert most_probable(detection) < 0.5


@pytest.mark.parametrize("name", ["njrat", "remcosrat"])
@pytest.mark.parametrize("background", [(), BACKGROUND], ids=["alone", "with background"])
def test_calls_in_vain_are_weak_evidence(
    detect: Detect, name: str, background: tuple[str, ...]
) -> None:
    """A server that never answers, or refuses, has no client and stays below even odds."""
    detection = detect(name, *background)
    rank = rank_of(detection, label_of(name).service)
    assert rank is not None
    found = detection.candidates[rank - 1]

    assert "retries" in {reason.code for reason in found.reasons}
    assert (found.clients, found.suspects) == (0, 0)
    assert 0.0 < found.probability < 0.5


def test_the_order_of_import_changes_nothing(detect: Detect) -> None:
    """The same files in another order: the same candidates, probabilities and reasons."""
    first, second = (
        detect(*names) for names in (("njrat", *BACKGROUND), (*reversed(BACKGROUND), "njrat"))
    )

    assert len(first.candidates) > 5
    assert told(first) == told(second)


def test_a_file_named_twice_counts_once(detect: Detect, tmp_path: Path) -> None:
    """Importing a capture again, under its own name or in its folder, changes nothing."""
    paths = [capture(name) for name in ("quasarrat", *BACKGROUND)]
    again = detect_over(
        tmp_path / "run",
        [*paths, paths[0], paths[0].parent, paths[1]],
        own=own_networks(*BACKGROUND),
    )

    assert told(again) == told(detect("quasarrat", *BACKGROUND))
