"""
How often this home sees a server that is there: fitted to its own sightings, and proposed.

What silence means depends on it, and it differs between networks by far: the shipped guess is to
be replaced. It reads findings of detection in the case book, and no flow information.
"""

import math
from collections import defaultdict

from hinomi.clock import render_time
from hinomi.errors import Conflict
from hinomi.model.case import Finding
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import Method
from hinomi.model.service import Service
from hinomi.services.accuracy import outcome_of
from hinomi.services.home import Home
from hinomi.services.mandates import Operation, record
from hinomi.services.parameters import Proposed, Reasons, propose_each
from hinomi.services.weighing import speaks
from hinomi.store.casebook import CaseBook
from hinomi.verify.expiry import ExpiryPolicy
from hinomi.verify.visibility import Sighted, Visibility, measure, sighted


def visibility(home: Home) -> Visibility:
    """
    Fit how often servers are seen, from the days on which detection found them; journalled.

    Raises:
        Conflict: If there are too few sightings to fit anything to.
        NotPermitted: If no mandate permits it.
    """
    mandate = home.mandate(Operation.ACCURACY)
    policy = ExpiryPolicy.from_register(home.register)
    least = home.register.integer("accuracy.sightings_least")
    with home.casebook() as casebook:
        facts = {"act": "visibility", "register": home.register.version}
        record(home.journal(), Operation.ACCURACY, mandate, facts)
        found = measure(_episodes(home, casebook, policy.most_days), policy, least)
    if found.fitted is None:
        raise Conflict(
            f"not enough to fit visibility to: {found.episodes} servers were seen again after a "
            f"day between; at least {least} are wanted"
        )
    return found


def propose_visibility(home: Home, found: Visibility) -> tuple[Proposed, ...]:
    """
    Propose what was fitted to the register: two parameters, both or none.

    Raises:
        Conflict: If it is what the register says already.
        NotPermitted: If the acting person may not propose.
    """
    fitted, mean, weight = found.fitted, found.visibility, found.weight_days
    if fitted is None or mean is None or weight is None or fitted == found.present:
        raise Conflict("nothing to propose: the register says what the sightings do")
    end = f"{weight.high:.1f}" if math.isfinite(weight.high) else "no end"
    reasons = Reasons(
        considerations=(
            "What the home's own sightings show: how often a server that is there is seen here."
        ),
        evidence=(
            f"`hinomi accuracy visibility` of {render_time(home.clock())[:10]}: {found.episodes} "
            f"stretches of sightings, on {found.seen} of the {found.between} days between their "
            f"ends seen; visibility {mean.value:.3f} [{mean.low:.3f}, {mean.high:.3f}], weight "
            f"{weight.value:.1f} days [{weight.low:.1f}, {end}]."
        ),
        alternatives="The value before: a guess that nobody measured here.",
    )
    pairs = {
        "expiry.visibility": (fitted.visibility, found.present.visibility),
        "expiry.visibility_weight_days": (fitted.weight_days, found.present.weight_days),
    }
    changed = {name: str(value) for name, (value, before) in pairs.items() if value != before}
    return propose_each(home, changed, reasons)


def _episodes(home: Home, casebook: CaseBook, most_days: int) -> list[Sighted]:
    """
    Give the stretches of time in which detection found each server.

    What people rejected or withdrew is left out: a vendor's cloud is seen every day.
    """
    watched = sorted({each.until_day for each in casebook.runs.all()})
    least = home.register.number("verify.open_probability")
    episodes = casebook.episodes(0)
    seeds = {each.case_id for each in casebook.runs.seeds()}
    wrong = {
        each.case.service
        for each in episodes
        if outcome_of(each) is Finding.NOT_CC and not (each.case.id in seeds and each.number == 1)
    }
    today = home.clock() // DAY_MS
    days: dict[Service, set[int]] = defaultdict(set)
    for each in casebook.evidence.by_method(Method.FLOW):
        if each.service not in wrong and speaks(each, today, least):
            days[each.service].add(each.observed_day)
    return [each for seen in days.values() for each in sighted(seen, watched, most_days)]
