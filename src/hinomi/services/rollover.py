"""
The change to another pseudonym key: every line gets another pseudonym, then the old key goes.

Records change at one moment (`LocalLake.retokenise`), so that a window across the change
counts each line once; own entries of lists, own cases and what is known of them follow at one
moment, too (`OwnRows.retokenise`); partial results, which are rows of other rows, are made anew
by the next detection. A change that was broken off is finished by the next one. The old key is
destroyed a day after the change, when no mandate can still be in use under which rows were taken
in with it.
"""

from hinomi.clock import render_time
from hinomi.collect.retokenise import Retokeniser
from hinomi.errors import NotPermitted, Unavailable
from hinomi.govern.mandate import Mandate
from hinomi.govern.pseudonym import LineCipher
from hinomi.govern.retention import DAY_MS
from hinomi.services.home import KEYS, Home
from hinomi.services.mandates import VALID_FOR_MS, Operation, record
from hinomi.store.caseschema import CASES, EVIDENCE
from hinomi.store.durable import on_disk, write_secret
from hinomi.store.figures import FIRST as FIRST_PERIOD
from hinomi.store.keeper import destroy_secret
from hinomi.store.schema import LIST_ENTRIES


def roll_over_if_due(home: Home) -> dict[str, object] | None:
    """
    Finish what was broken off, change the key where its period is over, destroy old ones.

    Returns:
        What was done; None: nothing was due.

    Raises:
        Unavailable: If the disk refuses or the old key is missing.
        NotPermitted: If the purpose to operate has ended.
    """
    mandate = home.mandate(Operation.MAINTAIN)
    if home.is_hub:
        return None  # It knows no lines, and has no key of them.
    done: dict[str, object] = {}
    if _book_period(home) != home.key_period:
        done |= _follow(home, mandate)
    if home.clock() - period_began_ms(home) >= _period_ms(home):
        done |= roll_over(home)
    destroyed = destroy_old_keys(home, mandate)
    if destroyed:
        done["destroyed"] = destroyed
    return done or None


def roll_over(home: Home) -> dict[str, object]:
    """
    Change to a new pseudonym key now, or finish a change that was broken off; journalled.

    Raises:
        Unavailable: If the disk refuses or the old key is missing.
        NotPermitted: If the purpose to operate has ended, or this home is a hub's.
    """
    mandate = home.mandate(Operation.MAINTAIN)
    if home.is_hub:
        raise NotPermitted("this home is a hub: it knows no lines, and has no key of them")
    if _book_period(home) != home.key_period:
        return _follow(home, mandate)
    old = home.key_period
    new = f"period-{int(old.removeprefix('period-')) + 1:04d}"
    act: dict[str, object] = {"act": "roll-over", "from": old, "to": new}
    record(home.journal(), Operation.MAINTAIN, mandate, {**act, "stage": "begins"})
    path = home.folder / KEYS / f"{new}.key"
    with on_disk(path):
        if not path.exists():  # Else a change was broken off: nothing is under it yet.
            write_secret(path, LineCipher.create().key)
    moved = home.lake().retokenise(new, mandate)
    told = {"records": moved.rows, "files": moved.files}
    record(home.journal(), Operation.MAINTAIN, mandate, {**act, "stage": "records", **told})
    return {"from": old, "to": new, **told, **_follow(home, mandate)}


def period_began_ms(home: Home) -> int:
    """Tell when the present key period began, ms since the Unix epoch."""
    since_ms = home.lake().period().since_ms
    if since_ms is not None:
        return since_ms
    first = next(home.journal().leaves(1), None)
    return home.clock() if first is None else first.time_ms


def destroy_old_keys(home: Home, mandate: Mandate) -> list[str]:
    """Destroy the keys of former periods under which nothing can come in any more."""
    present = home.lake().period()
    if present.since_ms is None or home.clock() - present.since_ms < VALID_FOR_MS:
        return []
    paths = sorted((home.folder / KEYS).glob("period-*.key"))
    gone = [path for path in paths if path.stem < present.name]
    names = [path.stem for path in gone]
    if names:  # Before it happens: a key that is gone cannot be told of afterwards.
        act = {"act": "destroy key", "periods": names, "since": render_time(present.since_ms)}
        record(home.journal(), Operation.MAINTAIN, mandate, act)
    for path in gone:
        destroy_secret(path)
    return names


def _follow(home: Home, mandate: Mandate) -> dict[str, object]:
    """Let the case book and partial results follow the records into their key period."""
    with home.casebook() as casebook:
        old, new = casebook.own_rows.period() or FIRST_PERIOD, home.key_period
        if not (home.folder / KEYS / f"{old}.key").exists():
            raise Unavailable(
                f"the key of {old} is gone: own entries of lists and own cases are still under it"
            )
        translate = Retokeniser(home.cipher_of(old), home.cipher_of(new))
        changed = casebook.own_rows.retokenise(new, translate.one)
    partials = home.partials().clear(mandate)
    told: dict[str, object] = {
        "listed": changed[LIST_ENTRIES.name],
        "cases": changed[CASES.name],
        "evidence": changed[EVIDENCE.name],
        "partials": partials,
    }
    act = {"act": "roll-over", "from": old, "to": new, "stage": "done", **told}
    record(home.journal(), Operation.MAINTAIN, mandate, act)
    return told


def _book_period(home: Home) -> str:
    with home.casebook() as casebook:
        return casebook.own_rows.period() or FIRST_PERIOD


def _period_ms(home: Home) -> int:
    return home.register.integer("store.key_period_days") * DAY_MS
