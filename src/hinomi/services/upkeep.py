"""Upkeep of the lake: status, compaction, removal. Nothing is read out of it."""

from dataclasses import asdict

from hinomi.clock import render_time
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.store.flowfile import HOUR_MS


def store_status(home: Home) -> dict[str, object]:
    """Tell how much the lake holds, and of which time."""
    statistics = home.lake().statistics()
    return {
        "records": statistics.rows,
        "files": statistics.files,
        "batches": statistics.batches,
        "first": _time(statistics.first_ms),
        "last": _time(statistics.last_ms),
    }


def compact_store(home: Home) -> dict[str, object]:
    """Join the small files of each settled hour; journalled before and after."""
    mandate = home.mandate(Operation.MAINTAIN)
    act: dict[str, object] = {"act": "compact", "register": home.register.version}
    record(home.journal(), Operation.MAINTAIN, mandate, {**act, "stage": "begins"})
    done = asdict(home.lake().compact(mandate))
    record(home.journal(), Operation.MAINTAIN, mandate, {**act, "stage": "done", **done})
    return done


def remove_before(home: Home, before_ms: int) -> dict[str, object]:
    """
    Remove every hour that ended by *before_ms*, for good; journalled before and after.

    Partial results that any of these hours is in go first.
    """
    mandate = home.mandate(Operation.MAINTAIN)
    act: dict[str, object] = {
        "act": "remove",
        "until": render_time(before_ms),
        "register": home.register.version,
    }
    record(home.journal(), Operation.MAINTAIN, mandate, {**act, "stage": "begins"})
    partials = home.partials().remove(before_ms // HOUR_MS * HOUR_MS, mandate)
    done = {**asdict(home.lake().remove(before_ms, mandate)), "partials": partials}
    record(home.journal(), Operation.MAINTAIN, mandate, {**act, "stage": "done", **done})
    return done


def _time(time_ms: int | None) -> str | None:
    return None if time_ms is None else render_time(time_ms)
