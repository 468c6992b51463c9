"""Doing the same in many processes at once, as many people do who share a home."""

import multiprocessing
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final

import pytest

from loopback import PATIENCE_S

Acknowledged = list[str]
"""What a process was told was done."""

_FORK: Final = multiprocessing.get_context("fork")


def at_once(act: Callable[[int], Acknowledged], count: int) -> list[Acknowledged]:
    """
    Do *act* in many processes at the same time, each with a number from 0.

    Nothing that they use may be open in this process.

    Returns:
        What each of them brings back; the first failure fails the test.
    """
    begin = _FORK.Event()
    running = []
    for number in range(count):
        ours, theirs = _FORK.Pipe(duplex=False)
        process = _FORK.Process(target=_run, args=(act, number, begin.wait, theirs))
        process.start()
        theirs.close()
        running.append((process, ours))
    begin.set()
    results = [_result(ours) for _, ours in running]
    for process, _ in running:
        process.join(PATIENCE_S)
    for found in results:
        if isinstance(found, str):
            pytest.fail(found)
    return [found for found in results if not isinstance(found, str)]


def _run(
    act: Callable[[int], Acknowledged], number: int, wait: Callable[[], object], tell: Connection
) -> None:
    wait()
    try:
        tell.send(act(number))
    except BaseException:  # noqa: BLE001 - the process that waits is the one to tell.
        tell.send(traceback.format_exc())
    tell.close()


def _result(found: Connection) -> Acknowledged | str:
    """Wait for what a process brings back, or for why it brings nothing."""
    if not found.poll(PATIENCE_S * 10):
        return "a process did not end in time"
    try:
        result: Acknowledged | str = found.recv()
    except EOFError:
        return "a process ended without a word"
    return result
