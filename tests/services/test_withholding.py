"""A window looked at as if a part of the known-C&C list were not there."""

from pathlib import Path

import numpy as np
import pytest

from hinomi.detect.columns import ints
from hinomi.detect.correction import FOLDS
from hinomi.model.address import parse_address
from hinomi.model.listed import ListEntry, ListKind
from hinomi.model.window import Window
from hinomi.services.home import Home
from hinomi.services.listing import add_list
from hinomi.services.models import default_model
from hinomi.services.withholding import fold_of, withhold, withholding
from teachable import BASE_MS, SERVERS, WINDOW_MS, server, teachable_home

FIRST = Window(BASE_MS, BASE_MS + WINDOW_MS)


@pytest.fixture(name="home", scope="module")
def a_home_with_listed_ccs(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Give a window with 18 listed C&Cs: one also benign, one also a sinkhole."""
    folder = tmp_path_factory.mktemp("withholding")
    home = teachable_home(folder / "home", windows=1)
    for kind, number in ((ListKind.BENIGN, 0), (ListKind.SINKHOLES, 1)):
        path = folder / f"{kind}.txt"
        path.write_text(f"{server(number)}\n", "utf-8")
        add_list(home, kind, path, "mine")
    return home


def entry(number: int, port: int | None = 80) -> ListEntry:
    """Name an address on the list."""
    return ListEntry(base=parse_address(server(number)), proto=6, port=port)


def test_each_entry_is_withheld_once() -> None:
    """In one fold, and all entries of an address in the same."""
    entries = [entry(number, port) for number in range(40) for port in (80, None)]
    lists = {ListKind.KNOWN_CC: entries}

    left = [withhold(lists, fold) for fold in range(FOLDS)]

    assert sum(len(entries) - len(each) for each in left) == len(entries)
    assert {fold_of(each) for each in entries} == set(range(FOLDS))
    assert all(fold_of(entry(n, 80)) == fold_of(entry(n, None)) for n in range(40))
    assert all(fold_of(each) != fold for fold, kept in enumerate(left) for each in kept)


def test_withheld_ccs_are_seen_as_unlisted(home: Home) -> None:
    """Each stands once among the rows, its entry unknown to what is observed."""
    met = []
    with withholding(home, FIRST, default_model()) as opened:
        assert opened is not None
        for glance in opened.glances:
            withheld = glance.rows[glance.server >= 0]
            assert withheld.size
            assert not glance.observed.listed[withheld].any()
            assert not glance.observed.teaches[withheld].any()
            assert opened.whole.listed[withheld].all()
            met += withheld.tolist()

    assert len(met) == len(set(met)) == SERVERS - 2, "not what is benign or a sinkhole as well"


def test_what_the_list_says_counts_for_much_and_not_for_all(home: Home) -> None:
    """Listed C&Cs count as such above a half and below 1; web servers hardly."""
    with withholding(home, FIRST, default_model()) as opened:
        assert opened is not None
        glance = next(opened.glances)
        ports = ints(opened.whole.survey.services, "remote_port")[glance.rows]

    listed = glance.chance[glance.server >= 0]
    assert ((listed > 0.4) & (listed < 1)).all()
    assert np.median(glance.chance[ports == 443]) < 0.1
    assert ((glance.chance >= 0) & (glance.chance <= 1)).all()


def test_of_listed_services_none_is_unlabelled(home: Home) -> None:
    """Listed ones of other folds are no rows: they are neither benign nor unknown."""
    with withholding(home, FIRST, default_model()) as opened:
        assert opened is not None
        for glance in opened.glances:
            unlabelled = glance.rows[glance.server < 0]
            assert not opened.whole.listed[unlabelled].any()


def test_a_model_of_the_same_first_view_gives_the_same_odds(home: Home) -> None:
    """Whether its columns are made anew or not."""
    model = default_model()
    other = type(model)(model.card, model.first + "\n", model.second)
    with withholding(home, FIRST, model) as opened:
        assert opened is not None
        glance = next(opened.glances)
        np.testing.assert_allclose(
            glance.odds(model, home.register), glance.odds(other, home.register)
        )


def test_models_do_not_speak_of_few_lines(tmp_path: Path) -> None:
    """An empty window is nothing to learn from."""
    home = teachable_home(tmp_path / "home", windows=0)

    with withholding(home, FIRST, default_model()) as opened:
        assert opened is None


def test_each_look_is_journalled(home: Home) -> None:
    """As training, in which window."""
    with withholding(home, FIRST, default_model()):
        pass

    *_, entry_ = home.journal().entries()
    assert entry_["operation"] == "train"
    assert entry_["window"] == FIRST.render()
