"""What was found yesterday is as true as what was found today; what is old is not listed."""

import pytest

from hinomi.govern.parameters import default_register
from hinomi.model.address import parse_address
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Claim, Evidence, Method
from hinomi.model.service import Service
from hinomi.verify.corroborate import Rules, Trust, Weighing, weigh
from hinomi.verify.decide import missing_evidence
from hinomi.verify.expiry import ExpiryPolicy, SeenHistory, still_there

TODAY = 20_500
REGISTER = default_register()
RULES = Rules.from_register(REGISTER)
POLICY = ExpiryPolicy.from_register(REGISTER)
BOTH = {Method.MALWARE: 0.95, Method.HONEYPOT: 0.85}
FIRST_TIER = 1


def found_days_ago(days: int) -> Weighing:
    """Let two good methods have found a first-tier server so many days ago, and nobody since."""
    service = Service(parse_address("203.0.113.7"), 6, 6667)
    evidence = [
        Evidence(
            service=service,
            method=how,
            source=how.value,
            claim=Claim.CC,
            observed_day=TODAY - days,
        )
        for how in BOTH
    ]
    return weigh(
        evidence,
        Trust(reliability={how.value: worth for how, worth in BOTH.items()}),
        RULES,
        as_of_day=TODAY,
        present=lambda age: still_there(
            age, SeenHistory(span_days=0), ServiceClass.DEDICATED, FIRST_TIER, POLICY
        ),
    )


@pytest.mark.parametrize("days", [0, 1, 2])
def test_a_finding_of_the_last_days_suffices(days: int) -> None:
    """A run at night reads days that are over: what it found yesterday can be listed today."""
    weighing = found_days_ago(days)

    assert missing_evidence(weighing, RULES) == ()
    assert weighing.agreed == pytest.approx(found_days_ago(0).posterior)
    assert weighing.posterior <= weighing.agreed


@pytest.mark.parametrize("days", [14, POLICY.most_days + 1])
def test_what_is_probably_gone_is_not_listed_however_sure_it_was(days: int) -> None:
    """That it was one is as sure as ever; that it is there is not."""
    weighing = found_days_ago(days)

    assert [each.code for each in missing_evidence(weighing, RULES)] == ["too-old"]
    assert weighing.agreed == pytest.approx(found_days_ago(0).agreed)
