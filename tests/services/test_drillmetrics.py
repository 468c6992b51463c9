"""A drill's numbers as Prometheus reads them."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from drills import a_drill, drill_record
from hinomi.services.drillmetrics import render_metrics, write_metrics
from hinomi.services.drillwatch import Watched


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    """Read the text back: name and values of labels to number."""
    return {
        (sample.name.removeprefix("hinomi_drill_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_every_number_is_there() -> None:
    """Single ones, those by pace and size, and the limits that exist."""
    found = samples(render_metrics(a_drill(record=drill_record(alarm=True))))

    assert found["alarm",] == 1
    assert found["found",] == 50
    assert found["attained",] == 0.5
    assert found["recall", "60 s keep-alive", "20"] == 0.4
    assert found["bound", "60 s keep-alive", "20"] == 0.8
    assert found["limit_lines", "60 s keep-alive", "0.5"] == 40
    assert ("limit_lines", "60 s keep-alive", "0.9") not in found


def test_what_is_unknown_is_left_out() -> None:
    """A first drill has no median: absent, not zero."""
    first = Watched(attained=None, median=None, earlier=0, alarm=False)

    assert (
        not {("attained",), ("attained_median",)}
        & samples(render_metrics(a_drill(watched=first))).keys()
    )


def test_the_file_is_replaced_and_readable(tmp_path: Path) -> None:
    """The node exporter is another user; nothing else is left in its folder."""
    path = tmp_path / "hinomi.prom"
    path.write_text("old")

    write_metrics(a_drill(), path)

    assert samples(path.read_bytes())["botnets",] == 120
    assert path.stat().st_mode & 0o444 == 0o444
    assert list(tmp_path.iterdir()) == [path]
