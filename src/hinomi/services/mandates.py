"""
The one purpose and basis of each command (R1): built here, chosen by no option.

Every access is written to the journal before it happens; what came of it, after.
"""

import os
import pwd
from collections.abc import Mapping
from enum import Enum
from typing import Final

from hinomi.clock import Clock
from hinomi.govern.journal import Journal
from hinomi.govern.mandate import Mandate
from hinomi.govern.matrix import Data, LegalBasis, Power, Purpose
from hinomi.govern.people import FINGERPRINT_LETTERS, token_digest

TOKEN_VARIABLE: Final = "HINOMI_TOKEN"  # noqa: S105 - the name of a variable, not a token.
"""Where a person who shares an account puts the token that stands for them."""

VALID_FOR_MS: Final = 86_400_000
"""A command's mandate ends after a day, whatever happens to the process."""


class Operation(Enum):
    """What a command does, for which purpose, under which powers over which data."""

    IMPORT = ("import", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.FLOW_RECORDS)
    COLLECT = ("collect", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.FLOW_RECORDS)
    LIST = ("lists", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.LISTS)
    DETECT = ("detect", Purpose.DETECT_CC, frozenset({Power.ANALYSE}), Data.FLOW_RECORDS)
    PARTIALS = ("partials", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.FLOW_RECORDS)
    DRILL = ("drill", Purpose.DETECT_CC, frozenset({Power.ANALYSE}), Data.FLOW_RECORDS)
    WHAT_IF = ("what-if", Purpose.DETECT_CC, frozenset({Power.ANALYSE}), Data.FLOW_RECORDS)
    EXPLAIN = ("explain", Purpose.DETECT_CC, frozenset({Power.ANALYSE}), Data.FLOW_RECORDS)
    TRAIN = ("train", Purpose.DETECT_CC, frozenset({Power.ANALYSE}), Data.FLOW_RECORDS)
    MODELS = ("models", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.MODELS)
    CASES = ("case", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.CANDIDATES)
    SHOW_CASES = ("case show", Purpose.DETECT_CC, frozenset({Power.ANALYSE}), Data.CANDIDATES)
    DECIDE = ("case decide", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.CANDIDATES)
    EVIDENCE = ("case evidence", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.LISTS)
    REVEAL = ("case reveal", Purpose.SHARE_CC, frozenset({Power.REIDENTIFY}), Data.OWN_SERVICES)
    APPROVE = ("case approve", Purpose.SHARE_CC, frozenset({Power.STORE}), Data.LISTINGS)
    WITHDRAW = ("case withdraw", Purpose.SHARE_CC, frozenset({Power.STORE}), Data.LISTINGS)
    LISTINGS = ("listings show", Purpose.SHARE_CC, frozenset({Power.STORE}), Data.LISTINGS)
    EXPORT = ("listings export", Purpose.SHARE_CC, frozenset({Power.SHARE}), Data.LISTINGS)
    JOIN = ("listings join", Purpose.SHARE_CC, frozenset({Power.STORE}), Data.GOVERNANCE_RECORDS)
    PULL = ("listings pull", Purpose.SHARE_CC, frozenset({Power.STORE}), Data.LISTINGS)
    SUBMIT = ("listings submit", Purpose.SHARE_CC, frozenset({Power.SHARE}), Data.LISTINGS)
    FEEDBACK = ("listings feedback", Purpose.SHARE_CC, frozenset({Power.SHARE}), Data.SIGHTINGS)
    KEY = ("listings key", Purpose.SHARE_CC, frozenset({Power.STORE}), Data.GOVERNANCE_RECORDS)
    CORROBORATE = (
        "listings corroborate",
        Purpose.SHARE_CC,
        frozenset({Power.SHARE}),
        Data.LISTINGS,
    )
    MEMBERS = ("hub member", Purpose.SHARE_CC, frozenset({Power.STORE}), Data.GOVERNANCE_RECORDS)
    INTAKE = ("hub intake", Purpose.SHARE_CC, frozenset({Power.COLLECT}), Data.MEMBER_STATEMENTS)
    WEIGH = ("hub show", Purpose.SHARE_CC, frozenset({Power.ANALYSE}), Data.MEMBER_STATEMENTS)
    COMBINE = (
        "hub corroborate",
        Purpose.SHARE_CC,
        frozenset({Power.ANALYSE}),
        Data.MEMBER_STATEMENTS,
    )
    RULE = ("hub decide", Purpose.SHARE_CC, frozenset({Power.STORE}), Data.LISTINGS)
    PUBLISH = ("hub publish", Purpose.SHARE_CC, frozenset({Power.STORE}), Data.LISTINGS)
    SERVE = ("hub serve", Purpose.SHARE_CC, frozenset({Power.SHARE}), Data.LISTINGS)
    TRACE = ("hub trace", Purpose.SHARE_CC, frozenset({Power.ANALYSE}), Data.GOVERNANCE_RECORDS)
    ACCURACY = ("accuracy", Purpose.DETECT_CC, frozenset({Power.ANALYSE}), Data.CANDIDATES)
    SEED = ("accuracy seed", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.CANDIDATES)
    DESCRIBE = ("exporters", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.NETWORK_PLAN)
    NETWORKS = ("networks", Purpose.DETECT_CC, frozenset({Power.STORE}), Data.NETWORK_PLAN)
    TRANSPARENCY = ("transparency", Purpose.EXPLAIN, frozenset({Power.PUBLISH}), Data.STATISTICS)
    RESEARCH = ("research", Purpose.RESEARCH, frozenset({Power.RESEARCH}), Data.FLOW_RECORDS)
    RELEASE = ("research release", Purpose.RESEARCH, frozenset({Power.SHARE}), Data.STATISTICS)
    MAINTAIN = ("store", Purpose.OPERATE, frozenset({Power.MAINTAIN}), Data.FLOW_RECORDS)
    RETAIN = ("retention", Purpose.OPERATE, frozenset({Power.MAINTAIN}), Data.FLOW_RECORDS)

    def __init__(self, word: str, purpose: Purpose, powers: frozenset[Power], data: Data) -> None:
        self.word = word
        self.purpose = purpose
        self.powers = powers
        self.data = data

    @property
    def at_hub(self) -> bool:
        """Tell whether it is an act of the hub, and of no provider."""
        return self.word.startswith("hub ")

    @property
    def anywhere(self) -> bool:
        """Tell whether a provider and the hub do it alike."""
        return self.data is Data.LISTS or self.purpose is Purpose.OPERATE


def os_user() -> str:
    """Name the account this process runs as: the one thing that no variable can claim."""
    uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def who_acts() -> str:
    """
    Name on whose behalf this process acts: its account, and the API token that stands for a person.

    A token is named by the beginning of its hash, which leads to a person only in the list of
    people; that it is somebody's is for `services/people.py` to check before anything is done.
    """
    token = os.environ.get(TOKEN_VARIABLE)
    if not token:
        return os_user()
    return f"{os_user()} by token {token_digest(token)[:FINGERPRINT_LETTERS]}"


def mandate_for(operation: Operation, clock: Clock) -> Mandate:
    """Build the mandate of *operation* for the present OS user; `Home.mandate` asks the matrix."""
    return Mandate(
        purpose=operation.purpose,
        basis=LegalBasis.LEGITIMATE_BUSINESS,
        who=who_acts(),
        until_ms=clock() + VALID_FOR_MS,
        powers=operation.powers,
    )


def record(
    journal: Journal, operation: Operation, mandate: Mandate, facts: Mapping[str, object]
) -> int:
    """Write one act to the journal: *facts* are counts, names and versions, never addresses."""
    return journal.append({"operation": operation.word, "mandate": mandate.render(), **facts})
