"""Detection on the same world as poorer exporters record it, beside full records."""

from collections.abc import Mapping

import pytest

from hinomi.bench.spec import WorldSpec
from recordings import MODES, Recording, record

_LIKELY = 0.5
POORER = [mode for mode in MODES if mode != "full records"]


@pytest.fixture(name="recordings", scope="module")
def all_recordings(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Recording]:
    """Detect in one world of 6,000 lines, a week at 1 in 10,000, in every mode."""
    return record(tmp_path_factory.mktemp("modes") / "story", WorldSpec(lines=6_000, volume=0.5))


@pytest.mark.parametrize("mode", POORER)
def test_a_strong_server_is_found_in_every_mode(
    recordings: Mapping[str, Recording], mode: str
) -> None:
    """One of the three unlisted C&Cs that full records show best stays probable, near the top."""
    full, poorer = recordings["full records"], recordings[mode]
    ranks = {
        service: rank
        for service, rank in full.ranks().items()
        if rank is not None and not full.truth[service].known
    }
    strongest = sorted(ranks, key=lambda service: ranks[service])[:3]
    likely = {each.service for each in poorer.detection.candidates if each.probability >= _LIKELY}

    near_the_top = {service for service, rank in poorer.ranks().items() if (rank or 10**6) <= 20}
    assert likely & near_the_top & {*strongest}


def test_counters_multiplied_at_a_known_interval_change_nothing(
    recordings: Mapping[str, Recording],
) -> None:
    """Divided back they are what was sampled: the same candidates, probabilities and reasons."""
    full, multiplied = recordings["full records"], recordings["counters multiplied"]

    assert len(full.detection.candidates) > 10
    assert multiplied.detection.candidates == full.detection.candidates
    assert multiplied.detection.suspects == full.detection.suspects
    assert multiplied.detection.limits == full.detection.limits


@pytest.mark.parametrize("mode", POORER)
def test_much_of_what_full_records_show_is_found_in_every_mode(
    recordings: Mapping[str, Recording], mode: str
) -> None:
    """Without flags the model does not speak: a third of what it finds remains, and order holds."""
    full, poorer = recordings["full records"], recordings[mode]

    assert full.found()[0] >= 3
    assert poorer.found()[0] >= full.found()[0] / 3
    assert poorer.precision() >= full.precision() - 0.4


def test_the_limits_tell_that_flags_are_missing(recordings: Mapping[str, Recording]) -> None:
    """What the run could not see stands beside its result."""
    limits = recordings["without TCP flags"].detection.limits

    assert str(limits["flags"]).startswith("missing in 100")
    assert str(limits["probabilities"]).startswith("not calibrated")
    full = recordings["full records"].detection.limits
    assert full["flags"] == "present"
    assert "probabilities" not in full


def test_an_unknown_interval_is_told(recordings: Mapping[str, Recording]) -> None:
    """Nothing is promised about small botnets where the interval is unknown."""
    limits = recordings["counters multiplied, interval unknown"].detection.limits

    assert limits["sampling_interval"] == 0
    assert limits["smallest_botnet"] == {}
