"""
Researchers visit the data: ask, run, look, release (S19). Each step stands in the journal.

What leaves is a table of sums over many lines, after other people approved first the run and then
the very result. Nothing is run that this machine cannot keep apart.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hinomi.bench.worldfiles import find_world
from hinomi.clock import Clock, wall_clock
from hinomi.errors import Conflict, HinomiError, NotFound, NotPermitted, UsageError
from hinomi.govern.disclosure import Disclosure
from hinomi.govern.journal import Altered
from hinomi.govern.mandate import REFUSED, Mandate
from hinomi.govern.matrix import Power
from hinomi.govern.note import Verifier
from hinomi.govern.program import require_signed
from hinomi.model.address import Address, render_address
from hinomi.model.window import Window
from hinomi.services.foureyes import FourEyes, require_two
from hinomi.services.home import Home
from hinomi.services.laboratory import open_laboratory
from hinomi.services.mandates import Operation, record, who_acts
from hinomi.services.researchbook import (
    Asked,
    Request,
    keep,
    keep_result,
    next_number,
    read_asked,
    read_program,
)
from hinomi.services.researchterms import (
    release_terms,
    require_budget,
    run_terms,
    visit_for,
)
from hinomi.services.visiting import Progress, Scan, Visit, Visited, visit
from hinomi.store.durable import replace_durably, require_file_place
from hinomi.store.flowfile import HOUR_MS
from hinomi.telemetry import mask_addresses

EXACT_MOST: Final = 64
"""Remote addresses that one run may see whole."""

_MODE: Final = 0o600


def ask(
    home: Home,
    eyes: FourEyes,
    *,
    program: Path,
    signature: str,
    key: Verifier,
    window: Window,
    reason: str,
    exact: tuple[Address, ...] = (),
) -> tuple[Asked, str]:
    """
    Ask to run a program on the records of *window*.

    Returns:
        The request, and the word under which others find what they are to approve.

    Raises:
        UsageError: If the window is not made of whole hours, the reason is blank, or too many
            addresses are asked for.
        MalformedDocument: If the program declares no table.
        NotPermitted: If it is not signed, the purpose has ended, or nobody can approve.
    """
    since_ms, until_ms = _whole_hours(window)
    said = _reason(reason)
    if len(exact) > EXACT_MOST:
        raise UsageError(f"{len(exact)} whole addresses are asked for; {EXACT_MOST} is the most")
    read = read_program(program)
    mandate = home.mandate(Operation.RESEARCH)
    request = Request(
        by=who_acts(),
        reason=said,
        program=read.digest,
        key=key.render(),
        since_ms=since_ms,
        until_ms=until_ms,
        asked_ms=home.clock(),
        exact=tuple(sorted({render_address(each) for each in exact})),
    )
    asked = Asked(
        number=next_number(home.folder),
        request=request,
        program=read,
        signature=signature,
        result=None,
    )
    with _refusals(home, "research request", asked):
        require_signed(read, signature, key)
        word = eyes.request(home, run_terms(home, asked), said)
    keep(home.folder, asked)
    told = {"act": "request", "approval": word, **_named(asked)}
    record(home.journal(), Operation.RESEARCH, mandate, told)
    return asked, word


def run(home: Home, eyes: FourEyes, number: int, tell: Progress = lambda _: None) -> Asked:
    """
    Run what was approved, once.

    Raises:
        NotFound: If there is no such request.
        Conflict: If it has run.
        NotPermitted: If this very request was not approved, or its hours were seen too often.
        Unavailable: If this machine cannot keep the program apart, or it took too long.
    """
    asked = read_asked(home.folder, number)
    if asked.result is not None:
        raise Conflict(f"research request {number} has run; ask anew for another run")
    mandate = home.mandate(Operation.RESEARCH)
    visiting = visit_for(home.register, asked.program, asked.exact)
    with _refusals(home, "research run", asked):
        require_signed(asked.program, asked.signature, asked.key)
        require_budget(home, asked.request.window)
    # The cell is opened before leave is used up: without one there is nothing to approve.
    with visiting.open() as cell:
        with _refusals(home, "research run", asked):
            leave = require_two(eyes.require_approved(home, run_terms(home, asked)))
        told = {"act": "run", **_named(asked), **leave.render()}
        record(home.journal(), Operation.RESEARCH, mandate, {**told, "stage": "begins"})
        try:
            visited = visit(cell, visiting, _scan(home, mandate, asked.request.window), tell=tell)
        except HinomiError as error:
            failed = {"stage": "failed", "reason": str(error)}
            record(home.journal(), Operation.RESEARCH, mandate, {**told, **failed})
            raise
    result = _render(asked, visiting, visited.disclosure)
    done = {
        "stage": "done",
        "result": hashlib.sha256(result).hexdigest(),
        "records": visited.records,
        "rows": len(visited.disclosure.rows),
        "rows_suppressed": visited.disclosure.suppressed,
        "lines_failed": visited.disclosure.failed,
    }
    # The journal first: a result that it does not name is nobody's.
    record(home.journal(), Operation.RESEARCH, mandate, {**told, **done})
    keep_result(home.folder, number, result)
    return read_asked(home.folder, number)


def run_on_world(
    folder: Path, program: Path, tell: Progress = lambda _: None, clock: Clock = wall_clock
) -> Visited:
    """
    Run a program on a made-up world: it holds nobody's communication, and needs no leave.

    Raises:
        NotFound: If there is no world.
        MalformedDocument: If the program or the world cannot be read.
        Unavailable: If this machine cannot keep the program apart, or it took too long.
    """
    read, world = read_program(program), find_world(folder)
    with open_laboratory(world, lambda _: None, with_context=False, clock=clock) as laboratory:
        home = laboratory.home
        mandate = home.mandate(Operation.RESEARCH)
        visiting = visit_for(home.register, read, explain=True)
        with visiting.open() as cell:
            return visit(cell, visiting, _scan(home, mandate, Window()), tell=tell)


def ask_release(home: Home, eyes: FourEyes, number: int, reason: str) -> tuple[Asked, str]:
    """
    Ask that the result of a run may leave; those who approve see exactly this result.

    Raises:
        NotFound: If there is no such request, or it has no result.
        Altered: If the result is not what the journal says.
        UsageError: If the reason is blank.
        NotPermitted: If nobody can approve.
    """
    asked, said = _with_result(home, number), _reason(reason)
    mandate = home.mandate(Operation.RELEASE)
    with _refusals(home, "research release", asked):
        word = eyes.request(home, release_terms(asked), said)
    told = {"act": "ask", "approval": word, "result": asked.digest, **_named(asked)}
    record(home.journal(), Operation.RELEASE, mandate, told)
    return asked, word


def release(home: Home, eyes: FourEyes, number: int, out: Path) -> Asked:
    """
    Write the result to *out*, as it was approved; each approval is for once.

    Raises:
        NotFound: If there is no such request, or it has no result.
        Altered: If the result is not what the journal says.
        Conflict: If *out* exists.
        NotPermitted: If this very result was not approved.
        Unavailable: If the disk refuses.
    """
    asked = _with_result(home, number)
    if out.exists():
        raise Conflict(f"{out} exists; name a file that does not")
    require_file_place(out)
    mandate = home.mandate(Operation.RELEASE)
    with _refusals(home, "research release", asked):
        leave = require_two(eyes.require_approved(home, release_terms(asked)))
    told = {"act": "release", "result": asked.digest, **_named(asked), **leave.render()}
    record(home.journal(), Operation.RELEASE, mandate, told)
    replace_durably(out, asked.result or b"", mode=_MODE)
    return asked


def look(home: Home, number: int) -> Asked:
    """
    Give a request with all that came of it, to somebody inside; the journal has who looked.

    Raises:
        NotFound: If there is no such request.
        Altered: If the result is not what the journal says.
    """
    asked = _journalled(home, read_asked(home.folder, number))
    told = {"act": "show", "who": who_acts(), "result": asked.digest, **_named(asked)}
    home.journal().append({"operation": Operation.RESEARCH.word, **told})
    return asked


def table_of(disclosure: Disclosure) -> dict[str, object]:
    """Render the table of a result."""
    return {"columns": list(disclosure.columns), "rows": [list(row) for row in disclosure.rows]}


def _scan(home: Home, mandate: Mandate, window: Window) -> Scan:
    lake = home.lake()
    return lambda: lake.scan(window, mandate, Power.RESEARCH)


def _render(asked: Asked, visiting: Visit, disclosure: Disclosure) -> bytes:
    """Render a result to the bytes that are approved, and leave."""
    document = {
        "program": asked.program.digest,
        "window": asked.request.window.render(),
        "rules": visiting.rules.render(asked.program.declared),
        "noise": round(visiting.rules.scale(asked.program.declared), 3),
        **table_of(disclosure),
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _with_result(home: Home, number: int) -> Asked:
    asked = _journalled(home, read_asked(home.folder, number))
    if asked.result is None:
        raise NotFound(f"research request {number} has no result; run it first")
    return asked


def _journalled(home: Home, asked: Asked) -> Asked:
    """
    Return *asked* if its result, where there is one, is what the journal says the run came to.

    Raises:
        Altered: If it is not: it may hold anything, and nothing of it was counted.
    """
    ran = {"operation": Operation.RESEARCH.word, "act": "run", "stage": "done"}
    made = {**ran, "number": asked.number, "result": asked.digest}
    if asked.result is None or any(
        made.items() <= entry.items() for entry in home.journal().entries()
    ):
        return asked
    reason = f"the result of research request {asked.number} is not what the journal says it was"
    told = {"asked": "research result", "who": who_acts(), "reason": reason, **_identity(asked)}
    home.journal().append({"operation": REFUSED, **told})
    raise Altered(f"{reason}: find out who wrote it, and ask anew")


def _whole_hours(window: Window) -> tuple[int, int]:
    since, until = window.since_ms, window.until_ms
    if since is None or until is None or since % HOUR_MS or until % HOUR_MS or since >= until:
        raise UsageError(
            "research sees whole hours: state --since and --until, such as 2026-01-31T23:00:00Z"
        )
    return since, until


def _reason(reason: str) -> str:
    if not reason.strip():
        raise UsageError("say why, in words for whoever approves: the reason is blank")
    return reason.strip()


@contextmanager
def _refusals(home: Home, act: str, asked: Asked) -> Iterator[None]:
    """Write down what is refused."""
    try:
        yield
    except NotPermitted as error:
        told = {"asked": act, "who": who_acts(), "reason": str(error), **_identity(asked)}
        home.journal().append({"operation": REFUSED, **told})
        raise


def _identity(asked: Asked) -> dict[str, object]:
    return {"number": asked.number, "program": asked.program.digest, "key": asked.request.key}


def _named(asked: Asked) -> dict[str, object]:
    request = asked.request
    return {
        **_identity(asked),
        "since_ms": request.since_ms,
        "until_ms": request.until_ms,
        "why": mask_addresses(request.reason),
        "exact_addresses": len(request.exact),
    }
