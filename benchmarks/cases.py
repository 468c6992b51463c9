"""
How fast a large case book answers: list, show, decide, look again; on SQLite and PostgreSQL.

    PYTHONPATH=tests .venv/bin/python benchmarks/cases.py --database postgresql

PostgreSQL is started by the tests' own fixture, with its safety on. Every deed is what the command
does after Python has started: the home is opened, the role checked, the journal written.
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from measuring import this_machine

from hinomi.clock import wall_clock
from hinomi.errors import HinomiError
from hinomi.model.address import from_int
from hinomi.model.case import OPEN_STATES, CaseState, Finding, ServiceClass, Step
from hinomi.model.evidence import ANY_PORT, Claim, Method
from hinomi.model.listed import ListEntry, ListKind
from hinomi.services.casefile import case_file, list_cases
from hinomi.services.cases import look_again
from hinomi.services.casework import decide
from hinomi.services.home import CONFIG, REQUESTS, Home, create_home, open_home
from hinomi.services.mandates import Operation
from hinomi.services.people import require_role
from hinomi.services.settling import settle
from hinomi.services.weighing import Assessor
from hinomi.store.caseschema import CASES, EVENTS, EVIDENCE, LISTINGS, OUTCOMES, VERDICTS
from hinomi.store.database import Database, open_database, open_shared_database

DAY_MS: Final = 86_400_000
AT_ONCE: Final = 10_000
NET: Final = 0x2001_0DB8 << 96
REGISTER: Final = "0" * 64

STATES: Final = {
    CaseState.CANDIDATE: 10, CaseState.UNDER_REVIEW: 3, CaseState.CORROBORATED: 1,
    CaseState.LISTABLE: 1, CaseState.LISTED: 3, CaseState.EXPIRED: 50, CaseState.WITHDRAWN: 2,
    CaseState.REJECTED: 30,
}  # fmt: skip
"""Shares in percent, as after some years."""

SOURCES: Final = (
    *((f"honeypot-{each}", Method.HONEYPOT) for each in range(3)),
    *((f"sandbox-{each}", Method.MALWARE) for each in range(3)),
    *((f"resolver-{each}", Method.PASSIVE_DNS) for each in range(2)),
    *((f"scan-{each}", Method.CERTIFICATE) for each in range(2)),
    ("darknet", Method.DARKNET),
    ("hinomi detect", Method.FLOW),
)
FLOW_FACTS: Final = {
    "probability": 0.93, "prior": 0.001, "tier": 1, "terms": "learned:6.2 crowd:-1.1 known:0.4",
    "lines": 182_000, "tried": 61, "clients": 44, "suspects": 17, "networks": 9, "as_kind": 0,
    "asn": 64_500, "beside": "6/80:3 6/8080:1",
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill a case book, do each deed again and again, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else "")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--evidence", type=int, default=1_000_000)
    parser.add_argument("--lists", type=int, default=20)
    parser.add_argument("--entries", type=int, default=100_000, help="of all lists together")
    parser.add_argument("--requests", type=int, default=2_000, help="that were asked and closed")
    parser.add_argument("--settle", type=int, default=2_000, help="open cases weighed in one run")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--folder", type=Path, help="where the home lies")
    chosen = parser.parse_args(arguments)
    print(this_machine())
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="cases-", dir=chosen.folder))
        )
        home = folder / "home"
        database = stack.enter_context(_made(home, chosen.database))
        took = _fill(database, home, chosen)
        _tidy(database)
        print(f"filled in {took:.0f} s", flush=True)
        _measure(home, chosen)


@contextmanager
def _made(folder: Path, kind: str) -> Iterator[Database]:
    """Make a home, and give its database past the stores: filling it is not what is measured."""
    prefixes = folder.parent / "own.txt"
    prefixes.write_text("192.0.2.0/24\n", "utf-8")
    create_home(folder, prefixes, made_up=True)
    if kind == "sqlite":
        database = open_database(folder / "casebook.sqlite")
        yield database
        database.close()
        return
    from postgres import running_server  # noqa: PLC0415 - the tests' own, needed here alone.

    with running_server() as server, server.database("cases") as conninfo:
        for name, value in {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "autovacuum": "on",
        }.items():
            server.run(f"ALTER SYSTEM SET {name} = {value}")
        server.run("SELECT pg_reload_conf()")
        path = folder / CONFIG
        text = path.read_text("utf-8")
        path.write_text(text.replace('postgresql = ""', f'postgresql = "{conninfo}"'), "utf-8")
        open_home(folder).casebook().close()  # Moves what `init` wrote.
        database = open_shared_database(conninfo)
        yield database
        database.close()


def _fill(database: Database, folder: Path, chosen: argparse.Namespace) -> float:
    """Write cases with their history, evidence, answers, lists and requests; give the seconds."""
    dice, now_ms, started = random.Random(6), wall_clock(), time.monotonic()  # noqa: S311 - made-up cases.
    states = dice.choices([*STATES], [*STATES.values()], k=chosen.cases)
    _insert(database, CASES, (_case(n, state, dice, now_ms) for n, state in enumerate(states, 1)))
    _insert(database, EVENTS, _events(states, now_ms))
    _insert(database, VERDICTS, _verdicts(states, now_ms))
    _insert(database, LISTINGS, _listings(states, now_ms))
    _insert(database, OUTCOMES, _outcomes(states, dice, now_ms))
    _insert(database, EVIDENCE, _evidence(states, chosen.evidence, dice, now_ms))
    _restart(database)
    home = open_home(folder)
    with home.casebook() as casebook:
        for number in range(chosen.lists):
            kind = (ListKind.KNOWN_CC, ListKind.BENIGN)[number % 2]
            size = chosen.entries // chosen.lists
            entries = {_address(dice.randrange(4 * chosen.cases)) for _ in range(size)}
            began = time.monotonic()
            casebook.lists.replace(
                kind,
                f"list-{number}",
                [ListEntry(base=from_int(each), port=443) for each in sorted(entries)],
                sha256=f"{number}",
                added_ms=now_ms - DAY_MS,
            )
            took = time.monotonic() - began
        print(f"the last list of {size:,} entries was taken in within {took:.1f} s")
    _requests(folder, chosen.requests)
    return time.monotonic() - started


def _address(number: int) -> int:
    return NET | number << 64 | 1


def _case(number: int, state: CaseState, dice: random.Random, now_ms: int) -> dict[str, object]:
    place = from_int(_address(number))
    closed = not state.is_open
    return {
        "id": number, "hi": place.hi, "lo": place.lo, "proto": 6, "port": 443, "own": False,
        "state": state.value, "service_class": ServiceClass.DEDICATED.value, "episode": 1,
        "version": 3, "opened_ms": now_ms - 9 * DAY_MS, "changed_ms": now_ms - 2 * DAY_MS,
        "posterior": round(dice.random(), 4), "methods": dice.randrange(4), "holds": [],
        "is_urgent": not closed and dice.random() < 0.05,
    }  # fmt: skip


def _events(states: Sequence[CaseState], now_ms: int) -> Iterator[dict[str, object]]:
    reasons = [
        {"code": f"reason-{each}", "text": "Word " * 20, "text_ja": "理由 " * 20, "weight": 1.0,
         "values": {"count": each}}
        for each in range(6)
    ]  # fmt: skip
    for number, state in enumerate(states, 1):
        way = (None, CaseState.CANDIDATE, CaseState.UNDER_REVIEW, state)
        for version in (1, 2, 3):
            before = way[version - 1]
            yield {
                "case_id": number, "episode": 1, "version": version,
                "at_ms": now_ms - (9 - version) * DAY_MS, "step": Step.WEIGH.value,
                "before": None if before is None else before.value,
                "after": (way[version] or state).value, "said_by": "run", "register": REGISTER,
                "entry": -1, "posterior": 0.5, "reasons": reasons,
            }  # fmt: skip


def _verdicts(states: Sequence[CaseState], now_ms: int) -> Iterator[dict[str, object]]:
    for number, state in enumerate(states, 1):
        if state in {CaseState.CANDIDATE, CaseState.EXPIRED}:
            continue
        finding = Finding.NOT_CC if state is CaseState.REJECTED else Finding.CC
        yield {
            "case_id": number, "episode": 1, "said_by": "analyst-1", "said_ms": now_ms - 3 * DAY_MS,
            "finding": finding.value, "service_class": ServiceClass.DEDICATED.value,
            "reason": "Seen in three samples of the same family. " * 3, "lifted": [],
            "posterior": 0.9,
        }  # fmt: skip


def _listings(states: Sequence[CaseState], now_ms: int) -> Iterator[dict[str, object]]:
    for number, state in enumerate(states, 1):
        if state in {CaseState.LISTED, CaseState.WITHDRAWN}:
            place = from_int(_address(number))
            yield {
                "case_id": number, "episode": 1, "hi": place.hi, "lo": place.lo, "proto": 6,
                "port": 443, "service_class": ServiceClass.DEDICATED.value, "since_epoch": 1,
                "valid_until": now_ms // DAY_MS + 90, "was_contacted": True,
                "ended_ms": None if state is CaseState.LISTED else now_ms - DAY_MS,
            }  # fmt: skip


def _outcomes(
    states: Sequence[CaseState], dice: random.Random, now_ms: int
) -> Iterator[dict[str, object]]:
    answered = {CaseState.LISTED, CaseState.WITHDRAWN, CaseState.REJECTED}
    for number, state in enumerate(states, 1):
        if state in answered:
            for name, method in dice.sample(SOURCES[:-1], 3):
                yield {
                    "case_id": number, "episode": 1, "source": name, "method": method.value,
                    "was_right": dice.random() < 0.9,
                    "at_ms": now_ms - 2 * DAY_MS,
                }  # fmt: skip


def _evidence(
    states: Sequence[CaseState], count: int, dice: random.Random, now_ms: int
) -> Iterator[dict[str, object]]:
    """Draw statements: few of most services, many of some; a fifth about addresses without case."""
    ready = [n for n, state in enumerate(states, 1) if state is CaseState.CORROBORATED]
    agreed = [(number, place) for number in ready for place in (0, 3, len(SOURCES) - 1)]
    for which, place in agreed:
        yield _statement(which, SOURCES[place], dice, now_ms)
    for _ in range(count - len(agreed)):
        which = 1 + int(len(states) * 1.25 * dice.random() ** 1.5)
        yield _statement(which, dice.choice(SOURCES), dice, now_ms)


def _statement(
    which: int, source: tuple[str, Method], dice: random.Random, now_ms: int
) -> dict[str, object]:
    name, method = source
    place, day = from_int(_address(which)), now_ms // DAY_MS
    whole = method is Method.PASSIVE_DNS
    return {
        "hi": place.hi, "lo": place.lo, "proto": ANY_PORT if whole else 6,
        "port": ANY_PORT if whole else 443, "own": False, "method": method.value, "source": name,
        "claim": Claim.CC.value, "observed_day": day - dice.randrange(1, 30),
        "reference": f"{dice.randrange(2**64):016x}",
        "strength": 0.9 if method is Method.FLOW else None,
        "facts": FLOW_FACTS if method is Method.FLOW else {"first_day": day - 40, "times": 3},
        "received_ms": now_ms - dice.randrange(30 * DAY_MS),
    }  # fmt: skip


def _insert(database: Database, table: sa.Table, rows: Iterator[dict[str, object]]) -> None:
    some: list[dict[str, Any]] = []
    with database.write() as connection:
        for row in rows:
            some.append(row)
            if len(some) == AT_ONCE:
                connection.execute(sa.insert(table), some)
                some.clear()
        if some:
            connection.execute(sa.insert(table), some)


def _restart(database: Database) -> None:
    """Let PostgreSQL number cases after ours."""
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            name = sa.func.pg_get_serial_sequence("cases", "id")
            connection.execute(sa.select(sa.func.setval(name, sa.func.max(CASES.c.id))))


def _tidy(database: Database) -> None:
    """Leave the database as it is after a while: what was written at once is cleared up."""
    database.close()  # SQLite empties its log into the file then.
    with database.read() as connection:
        direct: Any = connection.connection.dbapi_connection
        words = direct.info.dsn if connection.dialect.name == "postgresql" else ""
    database.close()
    if words:
        import psycopg  # noqa: PLC0415 - here alone.

        with psycopg.connect(words, autocommit=True) as alone:
            alone.execute("VACUUM ANALYZE")
            alone.execute("CHECKPOINT")


def _requests(folder: Path, count: int) -> None:
    """Write requests that were asked long ago and are closed, as files."""
    (folder / REQUESTS).mkdir(exist_ok=True)
    for number in range(1, count + 1):
        (folder / REQUESTS / f"{number:04}.json").write_text(
            f'{{"id":{number},"kind":"publication","by":"analyst-1","reason":"seen in samples",'
            f'"what":null,"salt":null,"seal":"{REGISTER}","asked_ms":1700000000000,'
            '"ends_ms":1700000000001,"needed":1,"entry":7,"state":"used"}\n',
            "utf-8",
        )


def _measure(folder: Path, chosen: argparse.Namespace) -> None:
    """Do each deed so often, and print a row of it."""

    def opened(operation: Operation) -> Home:
        home = open_home(folder)
        require_role(home, operation)
        return home

    with open_home(folder).casebook() as casebook:
        some = {
            state: [each.id for each in casebook.cases.page([state], most=1000)]
            for state in OPEN_STATES
        }
    anything = [number for each in some.values() for number in each[: chosen.rounds]]
    random.Random(7).shuffle(anything)  # noqa: S311 - made-up choice.
    undecided, ready = iter(some[CaseState.CANDIDATE]), iter(some[CaseState.CORROBORATED])
    shown, again = iter(anything * chosen.rounds), iter(anything * chosen.rounds)
    rare = (CaseState.LISTABLE,)
    show, tell = Operation.SHOW_CASES, Operation.DECIDE
    steps: list[str] = []

    def say(numbers: Iterator[int], finding: Finding) -> None:
        try:
            done = decide(opened(tell), next(numbers), finding, "as the samples show")
            lacks = ", ".join(each.code for each in done.missing)
            asked = " and asked for" if done.request else ""
            steps.append(f"{done.step.value}{asked}{f', lacks {lacks}' if lacks else ''}")
        except HinomiError as error:
            steps.append(str(error)[:60])

    deeds: dict[str, Callable[[], object]] = {
        "open the home": lambda: opened(show),
        "list: first page": lambda: list_cases(opened(show)),
        "list: one rare state": lambda: list_cases(opened(show), rare),
        "list: open states": lambda: list_cases(opened(show), OPEN_STATES),
        "list: page 200": lambda: list_cases(opened(show), skip=10_000),
        "list: urgent": lambda: list_cases(opened(show), only_urgent=True),
        "show": lambda: case_file(opened(show), next(shown)),
        "decide: unsure": lambda: say(undecided, Finding.UNSURE),
        "decide: cleared": lambda: say(ready, Finding.CC),
        "look again": lambda: look_again(opened(Operation.CASES), [next(again)]),
    }
    print("| deed | median ms | p95 ms | CPU ms |\n|---|---|---|---|")
    for name, deed in deeds.items():
        print(_row(name, deed, chosen.rounds), flush=True)
    print("steps:", {each: steps.count(each) for each in sorted(set(steps))})
    home = open_home(folder)
    with home.casebook() as casebook:
        cases = casebook.cases.in_states(OPEN_STATES)[: chosen.settle]
        began, cpu = time.perf_counter(), time.process_time()
        settled = settle(Assessor(home, casebook), cases)
        took, used = time.perf_counter() - began, time.process_time() - cpu
    print(
        f"{len(cases):,} open cases weighed anew, {len(settled):,} changed: {took:.1f} s "
        f"({used:.1f} s of CPU in this process)"
    )
    starts = [_started(folder) for _ in range(5)]
    print(f"`hinomi case list` as a process: {statistics.median(starts):.0f} ms")


def _row(name: str, deed: Callable[[], object], rounds: int) -> str:
    deed()  # The first one loads modules and opens files.
    wall, cpu = [], []
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        deed()
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - used))
    late = sorted(wall)[int(0.95 * len(wall))]
    middle, busy = statistics.median(wall), statistics.median(cpu)
    return f"| {name} | {middle:.0f} | {late:.0f} | {busy:.0f} |"


def _started(folder: Path) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "hinomi", "--home", str(folder), "case", "list"]
    subprocess.run(command, check=True, capture_output=True)
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
