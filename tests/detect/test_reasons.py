"""Every piece of evidence on the ledger is told in words, with its real numbers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contexts import DAY, listed
from hinomi.clock import parse_time
from hinomi.detect import fuse, persistence
from hinomi.detect.background import FORMERLY, NEIGHBOURS, Background, FormerEntry, Looked
from hinomi.detect.catalogue import HABITS, REASONS
from hinomi.detect.context import context_columns
from hinomi.detect.features import Columns
from hinomi.detect.judge import Judgement, judge
from hinomi.detect.model import BASIS, ORDINARY, Model
from hinomi.detect.reasons import Sources, measures_of, reasons_for
from hinomi.engine.duckdb import DuckEngine
from hinomi.govern.parameters import default_register
from hinomi.model.listed import ListKind
from surveys import CC, CC_PORT, LOADER, LOADER_PORT, WEB, entry, row_of, small_network, survey
from tinymodels import SMALL, tiny_model

HABIT_CODES = {
    "rhythm", "repeats", "retries", "standing", "port", "alone", "bulk", "inside", "mesh",
}  # fmt: skip
TURNED = {
    "joint", "not-alike", "not-shared-clients", "not-sisters", "few", "probed",
}  # fmt: skip
"""Further words of the model's reasons; others stand with the terms that are added up."""

LISTS = {
    ListKind.KNOWN_CC: [entry(CC, CC_PORT)],
    ListKind.BENIGN: [entry(CC), entry(WEB)],
    ListKind.SINKHOLES: [entry(LOADER)],
}
SOURCES: Sources = {
    ListKind.KNOWN_CC: ["hunters"],
    ListKind.BENIGN: ["clouds", "shops"],
    ListKind.SINKHOLES: ["holes"],
}
BEFORE = Background(
    starts_ms=parse_time("2026-01-01"),
    tables=(listed(("203.0.113.77", -1)),),
    former=(FormerEntry(entry=entry(CC, CC_PORT), source="hunters", until="2025-06-01"),),
)


class Outspoken(Model):
    """A model that shares one unit or more of evidence on every service under every reason."""

    def contributions(self, columns: Columns, row: int) -> dict[str, float]:
        """Give each reason its own weight."""
        codes = sorted({*BASIS.values()})
        return {code: 1.0 + place + 0.0 * columns["tcp"][row] for place, code in enumerate(codes)}


class Disparaging(Outspoken):
    """A model for which everything speaks against every service."""

    def contributions(self, columns: Columns, row: int) -> dict[str, float]:
        """Turn each weight round."""
        return {code: -weight for code, weight in super().contributions(columns, row).items()}


@pytest.fixture(scope="module", name="learned")
def a_learned_judgement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judgement]:
    """Judge the small network, sampled, by a model."""
    folder: Path = tmp_path_factory.mktemp("learned")
    scratch = tmp_path_factory.mktemp("scratch")
    with DuckEngine(scratch, threads=1) as engine:
        found = survey(engine, folder, small_network())
        yield judge(engine, found, LISTS, SMALL, tiny_model())


@pytest.fixture(scope="module", name="judged")
def a_judgement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judgement]:
    """Judge the small network, unsampled, so that habits are there too."""
    folder: Path = tmp_path_factory.mktemp("judged")
    scratch = tmp_path_factory.mktemp("scratch")
    with DuckEngine(scratch, threads=1) as engine:
        found = survey(engine, folder, small_network(sampling_interval=1))
        yield judge(engine, found, LISTS, default_register(), before=BEFORE)


def loud(judged: Judgement, place: int, model: type[Model] = Outspoken) -> Judgement:
    """Give every column of the ledger, and every habit, something to say of one service."""
    ledger = replace(judged.ledger, terms={})
    for number, code in enumerate(judged.ledger.terms):
        ledger.add(code, np.full(judged.ledger.services, 1.0 + number))
    services = judged.survey.services.slice(place, 1)
    looked = Looked(
        rows=np.array([place]),
        columns=context_columns(services, BEFORE.tables, BEFORE.starts_ms),
        former=np.array([0]),
        background=BEFORE,
    )
    judged = replace(judged, looked=looked)
    if judged.view is not None:
        card, evidence = judged.view.model.card, ledger.terms["learned"]
        view = replace(judged.view, model=model(card, "", ""), evidence=evidence)
        return replace(judged, ledger=ledger, view=view)
    habit = judged.habits[place]
    terms = {code: 0.5 + number for number, code in enumerate(sorted(HABIT_CODES))}
    return replace(judged, ledger=ledger, habits={place: replace(habit, terms=terms)})


def hardly_met(judged: Judgement) -> Judgement:
    """Let two lines have spoken with each service, and one have knocked at it only."""
    services = judged.survey.services
    for name, value in (("clients", 2), ("silent", 1)):
        column = np.full(len(services), value, dtype=np.int64)
        services = services.set_column(services.column_names.index(name), name, [column])
    survey_hardly = replace(judged.survey, services=services)
    return replace(judged, observed=replace(judged.observed, survey=survey_hardly))


def met_by_others(judged: Judgement) -> Judgement:
    """Let all clients meet other likely C&Cs, and none be suspected for anything else."""
    assert judged.view is not None
    share = np.ones(len(judged.survey.services))
    view = replace(judged.view, columns={**judged.view.columns, "joint_share": share})
    pooled = replace(judged.observed.pooled, whole=np.zeros(share.size, dtype=np.int64))
    return replace(judged, view=view, observed=replace(judged.observed, pooled=pooled))


def test_every_reason_of_the_catalogue_can_be_given(judged: Judgement, learned: Judgement) -> None:
    """Columns of the ledger, habits, learned evidence and the base rate are the catalogue."""
    columns = judged.ledger.terms.keys() - {"behaviour"}
    assert learned.ledger.terms.keys() - columns == {"learned"}

    said = columns | HABIT_CODES | {*BASIS.values(), ORDINARY, "checked-answers"}
    assert said | TURNED == REASONS.keys() | {NEIGHBOURS}


def test_every_reason_is_told_with_its_numbers(judged: Judgement, learned: Judgement) -> None:
    """Each sentence of both languages comes out whole, from real facts."""
    codes = set()
    place = row_of(learned.survey, CC, CC_PORT)
    for each in (
        loud(judged, row_of(judged.survey, CC, CC_PORT)),
        replace(loud(learned, place), taught=fuse.Answers(-0.5, 0.8)),
        loud(hardly_met(learned), place, Disparaging),
        loud(met_by_others(learned), place),
    ):
        found = reasons_for(each, row_of(each.survey, CC, CC_PORT), SOURCES)
        for told in found:
            assert "{" not in told.text + told.text_ja
            assert told.text.endswith(".")
            assert told.text_ja.endswith("。")
        *others, last = found
        assert last.code == "base-rate"
        sizes = [abs(told.weight) for told in others]
        assert sizes == sorted(sizes, reverse=True)
        codes |= {told.code for told in found}
    assert codes == REASONS.keys() | {NEIGHBOURS}


def test_what_answers_taught_is_a_reason_of_its_own(judged: Judgement) -> None:
    """With it the reasons lead to the probability that is shown; unless nothing was taught."""
    place = row_of(judged.survey, CC, CC_PORT)
    taught = replace(judged, taught=fuse.Answers(-1.5, 0.7))

    told = {each.code: each for each in reasons_for(taught, place, SOURCES)}

    assert "checked-answers" not in {each.code for each in reasons_for(judged, place, SOURCES)}
    plain, moved = (np.log(p / (1 - p)) for p in (judged.probability(), taught.probability()))
    assert told["checked-answers"].weight == pytest.approx(moved[place] - plain[place], abs=1e-3)
    assert "0.70" in told["checked-answers"].text
    assert "-1.50" in told["checked-answers"].text_ja


def test_what_was_known_before_names_its_source_and_day(judged: Judgement) -> None:
    """A neighbour by the table that lists it, a former entry by its list and its end."""
    place = row_of(judged.survey, CC, CC_PORT)

    told = {each.code: each for each in reasons_for(loud(judged, place), place, SOURCES)}

    assert f"bureau, {DAY}" in told[NEIGHBOURS].text
    assert told[NEIGHBOURS].values["wide"] == 1
    assert "hunters" in told[FORMERLY].text
    assert "2025-06-01" in told[FORMERLY].text_ja


def test_what_was_not_looked_up_is_not_told(judged: Judgement) -> None:
    """A listed service has its list; nothing is said of its neighbours."""
    place = row_of(judged.survey, CC, CC_PORT)

    assert not {each.code for each in reasons_for(judged, place, SOURCES)} & {NEIGHBOURS, FORMERLY}


@pytest.mark.parametrize(("address", "port"), [(CC, CC_PORT), (LOADER, LOADER_PORT), (WEB, 443)])
def test_reasons_of_a_learned_judgement_sum_to_the_ledger(
    learned: Judgement, address: str, port: int
) -> None:
    """Listed or not: what the model said within its bounds, and what the lists say."""
    place = row_of(learned.survey, address, port)

    found = reasons_for(learned, place, SOURCES)

    unsaid = 0.05 * len(REASONS)
    assert sum(told.weight for told in found) == pytest.approx(
        learned.ledger.total()[place], abs=unsaid
    )


def test_a_service_of_one_line_has_no_learned_reasons(learned: Judgement) -> None:
    """Nothing is pooled over one client: all there is to tell is whether it scans the port."""
    place = row_of(learned.survey, CC, CC_PORT)
    several = np.ones(len(learned.survey.services), dtype=np.int64)
    services = learned.survey.services
    alone = services.set_column(services.column_names.index("clients"), "clients", [several])
    survey_alone = replace(learned.survey, services=alone)
    observed = replace(learned.observed, survey=survey_alone)

    found = reasons_for(replace(learned, observed=observed), place, SOURCES)

    assert {told.code for told in found} <= {"listed", "benign", "base-rate", "knocking"}


@pytest.mark.parametrize("habit", range(len(HABITS)))
def test_every_port_habit_is_told(judged: Judgement, habit: int) -> None:
    """The words for the habit of the port stand in the sentence."""
    place = row_of(judged.survey, CC, CC_PORT)
    told = judged.habits[place]
    told = replace(told, setting=replace(told.setting, habit=habit), terms={"port": 2.0})

    found = reasons_for(replace(judged, habits={place: told}), place, SOURCES)

    (port,) = [each for each in found if each.code == "port"]
    assert HABITS[habit].en in port.text
    assert HABITS[habit].ja in port.text_ja


def test_habits_weigh_together_what_the_ledger_holds(judged: Judgement) -> None:
    """The bounded weight is shared among the reasons it was summed from."""
    place = row_of(judged.survey, CC, CC_PORT)
    terms = judged.habits[place].terms

    found = reasons_for(judged, place, SOURCES)

    weights = {each.code: each.weight for each in found if each.code in HABIT_CODES}
    assert weights.keys() <= terms.keys()
    behaviour = judged.ledger.terms["behaviour"][place]
    assert sum(weights.values()) == pytest.approx(behaviour, abs=0.05 * len(terms))
    assert 0 < behaviour < persistence.bounded(1e3, 6.5)


def test_each_list_is_named_by_its_own_reason(judged: Judgement) -> None:
    """A service on two lists: the C&C list stands behind `listed`, the other behind `benign`."""
    told = {
        each.code: each.text
        for each in reasons_for(judged, row_of(judged.survey, CC, CC_PORT), SOURCES)
    }

    assert "hunters" in told["listed"]
    assert "clouds" in told["benign"]
    assert "hunters" not in told["benign"]


@pytest.mark.parametrize(
    ("address", "port", "code", "source"),
    [(LOADER, LOADER_PORT, "sinkhole", "holes"), (WEB, 443, "benign", "shops")],
)
def test_the_entry_that_matched_is_named(
    judged: Judgement, address: str, port: int, code: str, source: str
) -> None:
    """The source of the very entry, not of the list's first."""
    found = reasons_for(judged, row_of(judged.survey, address, port), SOURCES)

    (told,) = [each for each in found if each.code == code]
    assert source in told.text


def test_what_weighs_nothing_is_not_said(judged: Judgement) -> None:
    """A reason of less than a twentieth is left out; the base rate is always there."""
    place = row_of(judged.survey, WEB, 443)

    found = reasons_for(judged, place, SOURCES)

    assert all(abs(each.weight) >= 0.05 for each in found if each.code != "base-rate")
    assert "enriched" not in {each.code for each in found}
    assert found[-1].values == {"one_in": pytest.approx(1 / judged.prior)}


def test_measures_leave_the_address_out(judged: Judgement) -> None:
    """What is measured of a service, as whole numbers, and nothing that names it."""
    found = measures_of(judged.survey.services, row_of(judged.survey, CC, CC_PORT))

    assert found["clients"] == found["lines"] == 16
    assert found["records"] == 2 * 6 * 16
    assert not {name for name in found if name.startswith("remote") or name == "proto"}
