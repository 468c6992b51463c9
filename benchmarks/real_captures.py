"""
Writes docs/reference/real-captures.md: what detection says of every labelled capture.

Run from the root of the project, with the real data beside it:

    PYTHONPATH=tests .venv/bin/python benchmarks/real_captures.py > docs/reference/real-captures.md

No address of the data gets into the page: services go by set, protocol and port class.
"""

import logging
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog

from captures import FLOWS, Label, detect_in, labels, rank_of
from hinomi.model.service import Candidate
from hinomi.services.detecting import Detection

BACKGROUND: Final = ("office-lan", "windows-normal-008")
BENIGN: Final = (
    BACKGROUND,
    ("windows-normal-010",),
    ("iot-benign",),
    ("bittorrent-normal",),
    ("portscan",),
    ("p2p-zeus-like",),
    ("p2p-zeus-like", *BACKGROUND),
)

HEAD: Final = """\
# What detection says of real captures

Made by `benchmarks/real_captures.py`; do not edit. Captures of single infected hosts, made by
others, each imported into a laboratory together with two captures of ordinary traffic
(`office-lan` and `windows-normal-008`): unsampled, no list of any kind, so that only the habits
of single lines can speak ([life of a flow](../explanation/life-of-a-flow.md)). Such evidence is
bounded below even odds by design: a rank near the top is all that it can give.

Services go by set and rank; no address of the data is repeated here. *Sure* is how sure those
who labelled the set are: **medium rows are our own reading of the traffic and no claim**, neither
that the service is a C&C server nor that finding it is right. The constants of single
lines' habits were set by judgement while looking at these very captures: expect less of others.

## Labelled servers

"""

TAIL: Final = """
`njrat` never gets an answer and `remcosrat` is refused: both are found by their retries alone,
and have no clients. `mirai-class10` holds four records of the labelled service, too few for a
habit. `agenttesla-smtp` is a shared mail server: that nothing speaks for it is right, since
listing it would hurt innocents. In `win1-2016` two services of one provider are read as C&C
servers, in `simda-test5` the service may be a sinkhole.

## Traffic without a server to find

"""


def main() -> None:
    """Print the page."""
    if not FLOWS.is_dir():
        sys.exit("the real data is absent: nothing to measure")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        print(HEAD, end="")
        print("| set | sure | port | rank | of | probability | first reason |")
        print("|---|---|--:|--:|--:|--:|---|")
        for row in _labelled(folder):
            print(row)
        print(TAIL, end="")
        print("| sets | candidates | most probable | its first reason |")
        print("|---|--:|--:|---|")
        for row in _benign(folder):
            print(row)


def _labelled(folder: Path) -> Iterator[str]:
    detected: dict[str, Detection] = {}
    for label in sorted(labels(), key=lambda label: (not label.is_certain, label.name)):
        if label.name not in detected:
            detected[label.name] = detect_in(folder / label.name, label.name, *BACKGROUND)
        yield _row(label, detected[label.name])


def _row(label: Label, detection: Detection) -> str:
    sure = "high" if label.is_certain else "medium"
    start = f"| {label.name} | {sure} | {label.service.port} |"
    rank = rank_of(detection, label.service)
    if rank is None:
        return f"{start} - | {len(detection.candidates)} | - | nothing speaks for it |"
    found = detection.candidates[rank - 1]
    return (
        f"{start} {rank} | {len(detection.candidates)} | {found.probability:.3f} | {_why(found)} |"
    )


def _benign(folder: Path) -> Iterator[str]:
    for number, names in enumerate(BENIGN):
        detection = detect_in(folder / f"benign-{number}", *names)
        first = detection.candidates[0] if detection.candidates else None
        said = f"{first.probability:.3f} | {_why(first)}" if first else "- | -"
        yield f"| {', '.join(names)} | {len(detection.candidates)} | {said} |"


def _why(candidate: Candidate) -> str:
    return candidate.reasons[0].text


if __name__ == "__main__":
    main()
