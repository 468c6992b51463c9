"""Facts of a home for the page that subscribers read, with defaults where a test does not care."""

from dataclasses import replace
from typing import Any, Final

from hinomi.govern.parameters import default_register
from hinomi.govern.transparency import (
    DAY_MS,
    Change,
    Facts,
    Figures,
    Operator,
    OperatorWords,
    Proof,
    PurposeFact,
    Sampling,
    compose,
)
from hinomi.model.flow import CONVERSATIONS

NEW_YEAR_MS: Final = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""


def figures(**changed: Any) -> Figures:
    """Count things of every kind: few, some and many."""
    counted = Figures(
        entries=1234,
        without_body=12,
        accounts=3,
        received=1_234_567_890,
        received_stored=987_654_321,
        lost=4321,
        files=14,
        imported=88_888,
        imported_stored=77_777,
        detections=336,
        candidates=41,
        known=7,
        refusals=2,
        deleted_hours=24,
        deleted_records=55_555,
        deletions=1,
        bodies_deleted=100,
        dropped_of_files={"transit": 4445, "not-ip": 3, "of no words": 2},
        dropped_of_routers={"transit": 9_999_999, "forged-source": 17},
        discarded=123,
        routers_since_ms=NEW_YEAR_MS - DAY_MS,
        accesses={"detect": 336, "explain": 2},
        met=(0, 10_000),
        changes=(
            Change(time_ms=NEW_YEAR_MS, kind="interval"),
            Change(time_ms=NEW_YEAR_MS + 5, kind="interval"),
            Change(time_ms=NEW_YEAR_MS, kind="model"),
            Change(time_ms=NEW_YEAR_MS, kind="parameter", name="suspects.fdr"),
            Change(time_ms=NEW_YEAR_MS, kind="parameter"),
            Change(time_ms=NEW_YEAR_MS, kind="outside"),
        ),
    )
    return replace(counted, **changed)


def facts(**changed: Any) -> Facts:
    """Describe an operational home whose operator has said who answers."""
    known = Facts(
        made_ms=NEW_YEAR_MS + 31 * DAY_MS + 12_345,
        since_ms=NEW_YEAR_MS,
        until_ms=NEW_YEAR_MS + 31 * DAY_MS,
        laboratory=False,
        transit_kept=False,
        forwarded=False,
        columns=tuple(CONVERSATIONS.names),
        operator=Operator(
            own=OperatorWords(name="見本通信", contact="窓口", explanation="説明"),
            translated=OperatorWords(name="Sample Telecom"),
            url="https://isp.example/privacy",
        ),
        sampling=Sampling(least=8192, stated=10_000, sent=(8192, 16_384), met=(0, 10_000)),
        register=default_register(),
        oldest_ms=NEW_YEAR_MS,
        purposes=(
            PurposeFact(
                name="detect-cc",
                en="Find servers",
                ja="サーバを見つける",
                ends="2028-11-22",
                powers=("store", "analyse"),
                bases=("legitimate-business-act",),
            ),
        ),
        roles=("operator",),
        operations=("detect", "import"),
        reidentifies=(),
        reaches=False,
        figures=figures(),
        proof=Proof(
            register="ab" * 32,
            origin="hinomi/example",
            size=1234,
            root="cd" * 32,
            key="hinomi/example+00000000+key",
            checkpoint="hinomi/example\n1234\nroot\n\n\N{EM DASH} hinomi/example signature\n",
        ),
    )
    return replace(known, **changed)


def document(**changed: Any) -> dict[str, Any]:
    """Compose what may be told of `facts`."""
    return compose(facts(**changed))
