"""Open cases looked at again: as of now, and with the flow records of late."""

from pathlib import Path

import pytest

from builders import NOON_MS, conversations
from docket import OTHER, At, acts, case_of, found, run, seen, service, stated
from hinomi.errors import NotFound
from hinomi.model.case import CaseState, Step
from hinomi.model.evidence import Method
from hinomi.services.cases import keep
from hinomi.services.mandates import Operation, mandate_for
from hinomi.services.rechecking import recheck
from household import DAY_MS, Household
from surveys import BOTS, CC, CC_PORT, small_network
from surveys import service as tcp


def test_without_flow_nothing_is_read(at: At) -> None:
    """Cases are weighed as of now; the journal has no access to the lake."""
    house = at(CaseState.LISTED)
    house.later(100 * DAY_MS)
    begun = len(house.entries())

    (settled,) = recheck(house.home())

    assert (settled.step, settled.case.state) == (Step.EXPIRE, CaseState.EXPIRED)
    assert acts(house, since=begun) == [("case", "recheck")] * 2


def test_only_what_is_named_is_looked_at(at: At) -> None:
    """An unknown number stops it before anything changes."""
    house = at(CaseState.CANDIDATE)
    run(house.home(), seen(house, of=service(OTHER)))
    house.later(100 * DAY_MS)

    for with_flow in (False, True):
        with pytest.raises(NotFound):
            recheck(house.home(), [99], with_flow=with_flow)
    assert [each.case.id for each in recheck(house.home(), [2])] == [2]
    assert case_of(house.home(), 1).state is CaseState.CANDIDATE


def test_with_flow_it_is_told_who_meets_it_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records of the registered days speak anew; no case is opened for anything else."""
    now_ms = NOON_MS + 2 * DAY_MS
    house = Household(tmp_path / "home", monkeypatch, clock=lambda: now_ms, made_up=True)
    home = house.home()
    rows = [{**row, "exporter": 1} for row in small_network() if row["line_lo"] < 300]
    home.lake().append([conversations(rows)], "one", mandate_for(Operation.IMPORT, home.clock))
    mine = stated(house, service=tcp(CC, CC_PORT))
    keep(home, found(home, mine))
    before = case_of(home)
    assert before.methods == 1

    (settled,) = recheck(home, with_flow=True)

    assert (settled.case.id, settled.case.methods) == (1, 2)
    with home.casebook() as casebook:
        (flow,) = [
            each for each in casebook.evidence.of(tcp(CC, CC_PORT)) if each.method is Method.FLOW
        ]
        assert len(casebook.cases.page()) == 1
    assert flow.facts["clients"] == len(BOTS)
    assert recheck(home, with_flow=True) == ()
