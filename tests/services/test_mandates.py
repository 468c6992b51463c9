"""Each command has one purpose and basis; every access is in the journal."""

import getpass
import os
import pwd

import pytest

from hinomi.errors import NotPermitted
from hinomi.govern.journal import MemoryJournal
from hinomi.govern.matrix import LegalBasis, Power, Purpose
from hinomi.services.mandates import VALID_FOR_MS, Operation, mandate_for, os_user, record

NOW_MS = 1_767_268_800_000


def test_the_os_user_is_the_account_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who acts is what the system says: an environment variable changes nothing."""
    monkeypatch.setenv("LOGNAME", "somebody-else")
    assert getpass.getuser() == "somebody-else"

    assert os_user() == pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize(
    ("operation", "power"),
    [
        (Operation.IMPORT, Power.STORE),
        (Operation.LIST, Power.STORE),
        (Operation.DETECT, Power.ANALYSE),
        (Operation.PARTIALS, Power.STORE),
        (Operation.DRILL, Power.ANALYSE),
        (Operation.TRAIN, Power.ANALYSE),
        (Operation.MODELS, Power.STORE),
        (Operation.WHAT_IF, Power.ANALYSE),
        (Operation.EXPLAIN, Power.ANALYSE),
        (Operation.DESCRIBE, Power.STORE),
        (Operation.NETWORKS, Power.STORE),
        (Operation.TRANSPARENCY, Power.PUBLISH),
        (Operation.MAINTAIN, Power.MAINTAIN),
        (Operation.RETAIN, Power.MAINTAIN),
        (Operation.RESEARCH, Power.RESEARCH),
        (Operation.RELEASE, Power.SHARE),
    ],
)
def test_each_operation_has_one_power_and_no_other(operation: Operation, power: Power) -> None:
    """A mandate grants what its command needs; nobody can re-identify by one of them."""
    mandate = mandate_for(operation, lambda: NOW_MS)

    mandate.require(power, NOW_MS)
    for other in set(Power) - {power}:
        with pytest.raises(NotPermitted):
            mandate.require(other, NOW_MS)


def test_upkeep_and_research_are_no_detection() -> None:
    """Upkeep and retention act for operation, one explains, research and sharing for themselves."""
    purposes = {each: mandate_for(each, lambda: NOW_MS).purpose for each in Operation}

    assert purposes.pop(Operation.MAINTAIN) is Purpose.OPERATE
    assert purposes.pop(Operation.TRANSPARENCY) is Purpose.EXPLAIN
    assert purposes.pop(Operation.RETAIN) is Purpose.OPERATE
    assert purposes.pop(Operation.RESEARCH) is Purpose.RESEARCH
    assert purposes.pop(Operation.RELEASE) is Purpose.RESEARCH
    sharing = {Operation.REVEAL, Operation.APPROVE, Operation.WITHDRAW, Operation.LISTINGS,
               Operation.EXPORT, Operation.JOIN, Operation.PULL, Operation.SUBMIT,
               Operation.FEEDBACK, Operation.KEY, Operation.CORROBORATE}  # fmt: skip
    sharing |= {each for each in Operation if each.at_hub}
    assert {purposes.pop(each) for each in sharing} == {Purpose.SHARE_CC}
    assert set(purposes.values()) == {Purpose.DETECT_CC}


def test_a_mandate_ends_after_a_day() -> None:
    """A process that hangs for longer loses its powers."""
    mandate = mandate_for(Operation.DETECT, lambda: NOW_MS)

    with pytest.raises(NotPermitted):
        mandate.require(Power.ANALYSE, NOW_MS + VALID_FOR_MS)


def test_a_record_names_purpose_basis_and_person() -> None:
    """The journal keeps purpose, legal basis and who, beside the facts."""
    journal = MemoryJournal()

    record(journal, Operation.DETECT, mandate_for(Operation.DETECT, lambda: NOW_MS), {"top": 50})

    assert journal.kept == [
        {
            "operation": "detect",
            "mandate": {
                "purpose": Purpose.DETECT_CC.value,
                "basis": LegalBasis.LEGITIMATE_BUSINESS.value,
                "who": os_user(),
            },
            "top": 50,
        }
    ]
