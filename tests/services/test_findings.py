"""What a run shows of services that are worth a case: numbers of servers, none of lines."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from builders import NOON_MS
from docket import service as any_service
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.model.window import Window
from hinomi.services.detecting import Detection, run_detection
from hinomi.services.findings import SOURCE, Finder
from hinomi.services.home import Home
from hinomi.services.population import population_in
from surveys import BOTS, CC, CC_PORT, LINES, WEB, service

TODAY = NOON_MS // DAY_MS


def looked(home: Home, window: Window | None = None, **given: Any) -> Finder:
    """Let a run show what it judged."""
    services: Sequence[Service] = given.pop("open_services", ())
    finder = Finder(given.pop("register", home.register), services, **given)
    run_detection(home, window or Window(), top=1, asked=finder.asked, look=finder)
    return finder


@pytest.fixture(scope="module", name="finder")
def one_look(botnet: Home) -> Finder:
    """Look once, with a web server that has an open case and one that nobody met."""
    return looked(botnet, open_services=[service(WEB, 443), any_service("198.51.100.99")])


def about(finder: Finder, of: Service) -> Evidence:
    """Give what was found of one service."""
    (found,) = [each for each in finder.evidence if each.service == of]
    return found


def test_the_cc_is_worth_a_case(finder: Finder, found: Detection) -> None:
    """As probable as the run said, and as flow alone says, which is what counts as evidence."""
    cc = about(finder, service(CC, CC_PORT))

    assert finder.worth[0] == service(CC, CC_PORT)
    assert (cc.method, cc.source, cc.claim, cc.observed_day) == (
        Method.FLOW, SOURCE, Claim.CC, TODAY + 1,
    )  # fmt: skip
    assert cc.strength is not None
    assert cc.facts["probability"] == pytest.approx(found.candidates[0].probability, rel=1e-3)
    assert 0.0 < float(cc.facts["prior"]) < cc.strength < 1.0
    assert str(cc.facts["terms"]).split()[0].partition(":")[0] in {"listed", "enriched"}
    assert (cc.facts["tier"], cc.facts["first_day"]) == (1, TODAY)


def test_a_list_does_not_speak_by_the_mouth_of_flow(finder: Finder) -> None:
    """What the list adds stands in the run's probability, and not in the evidence."""
    cc = about(finder, service(CC, CC_PORT))

    assert cc.strength is not None
    assert cc.strength < float(cc.facts["probability"])


def test_who_met_it_is_told_in_numbers(finder: Finder) -> None:
    """How many lines, and how many of them suspects; of no line anything that tells which."""
    population = population_in(about(finder, service(CC, CC_PORT)))

    assert population is not None
    assert (population.clients, population.suspects) == (len(BOTS), len(BOTS))
    assert population.lines == LINES
    for each in finder.evidence:
        names = {
            "probability", "prior", "shift", "slope", "tier", "first_day", "terms", "unaided",
            "lines", "tried", "clients", "suspects", "networks", "beside",
            "asn", "as_kind", "names", "allocation_days", "certificates",
        }  # fmt: skip
        assert set(each.facts) <= names
        json.dumps(dict(each.facts))


def test_open_cases_are_looked_at_whatever_they_look_like(finder: Finder) -> None:
    """A web server has evidence, and none that it is one; what nobody met has none at all."""
    web = about(finder, service(WEB, 443))

    assert web.service not in finder.worth
    assert web.strength is not None
    assert web.strength < 0.2
    assert {each.service for each in finder.evidence} == {*finder.worth, web.service}
    assert {each.base for each in finder.asked} == {
        service(WEB, 443).address, any_service("198.51.100.99").address,
    }  # fmt: skip


def test_the_same_findings_have_the_same_name(botnet: Home, finder: Finder) -> None:
    """And other findings another: a run is known by what it found until when."""
    again = looked(botnet, open_services=[service(WEB, 443)])
    shorter = looked(botnet, Window(None, NOON_MS + DAY_MS // 2))

    assert again.digest == finder.digest
    assert again.evidence == finder.evidence
    assert shorter.digest != finder.digest
    assert finder.until_day == TODAY + 1


def test_what_is_not_worth_one_is_counted(botnet: Home, finder: Finder, found: Detection) -> None:
    """Candidates below the registered probability, or beyond the registered number."""
    one = looked(botnet, register=botnet.register.with_value("verify.open_most", 1, decided_by="x"))
    none = looked(botnet, opens=False, open_services=[service(CC, CC_PORT)])

    assert len(finder.worth) + finder.below == len(found.candidates)
    assert one.worth == finder.worth[:1]
    assert one.below == finder.below + len(finder.worth) - 1
    assert (none.worth, [each.service for each in none.evidence]) == ([], [service(CC, CC_PORT)])


def test_an_empty_window_finds_nothing(botnet: Home) -> None:
    """No evidence, and no day on which anything could have been seen."""
    finder = looked(botnet, Window(0, 1), open_services=[service(WEB, 443)])

    assert (finder.worth, finder.evidence, finder.below, finder.until_day) == ([], [], 0, 0)
