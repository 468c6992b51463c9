"""``hinomi detect`` answers with candidates, their reasons and the limits of the run."""

import shutil
from pathlib import Path

import pytest

from detections import detection
from hinomi.cli.detect import print_model
from hinomi.detect.drift import Drift
from terminal import NOON_MS, hinomi, make_home, table_row, write_table

SERVER = "198.51.100.66"
MINUTE_MS = 60_000


@pytest.fixture(name="home", scope="module")
def a_home_with_a_beacon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a laboratory in which twenty lines keep in touch with one listed server."""
    folder = tmp_path_factory.mktemp("detect")
    home = make_home(folder / "home")
    rows = [
        table_row(
            ts_ms=NOON_MS + tick * 24 * MINUTE_MS + line * 67_000,  # In step they are an attack.
            src_addr=f"192.0.2.{line}" if out else SERVER,
            dst_addr=SERVER if out else f"192.0.2.{line}",
            src_port=40_000 + line if out else 6667,
            dst_port=6667 if out else 40_000 + line,
        )
        for line in range(1, 21)
        for tick in range(60)
        for out in (True, False)
    ]
    hinomi("import", write_table(folder / "flows.csv", *rows), home=home)
    known = folder / "known.csv"
    known.write_text(f"address,protocol,port\n{SERVER},tcp,6667\n")
    hinomi("lists", "add", "known-cc", known, "--source", "feed", home=home)
    shutil.copytree(home, folder / "fresh")
    return home


def test_what_a_run_did_to_the_cases_is_said(home: Path) -> None:
    """In one line under the candidates; the same findings again change nothing and say nothing."""
    fresh = home.parent / "fresh"

    first, again = hinomi("detect", home=fresh), hinomi("detect", home=fresh)

    assert "Cases: 1 opened; `hinomi case list` shows them." in first.out
    assert "Cases:" not in again.out
    (case,) = hinomi("case", "list", "--json", home=fresh).document["cases"]
    assert (case["address"], case["port"], case["version"]) == (SERVER, 6667, 1)
    assert "Cases:" not in hinomi("detect", "--json", home=fresh).out


def test_the_document_has_what_scripts_rely_on(home: Path) -> None:
    """Window, register, limits, and each candidate with rank, service, counts and reasons."""
    said = hinomi("detect", "--json", home=home)

    assert said.code == 0, said.err
    document = said.document
    assert document["window"] == {"since": None, "until": None}
    assert len(document["register"]) == 64
    assert isinstance(document["limits"], dict)
    first = document["candidates"][0]
    assert (first["rank"], first["address"], first["protocol"], first["port"]) == (
        1,
        SERVER,
        "tcp",
        6667,
    )
    assert first["known"] is True
    assert first["clients"] == 20
    assert 0.0 <= first["probability"] <= 1.0
    assert {"tier", "suspects"} <= first.keys()
    assert all({"code", "text", "values"} == reason.keys() for reason in first["reasons"])


def test_the_window_bounds_what_is_read(home: Path) -> None:
    """A window before all records has no candidates; it is told back as it was asked."""
    said = hinomi("detect", "--until", "2026-01-01", "--json", home=home)

    assert said.code == 0
    assert said.document["candidates"] == []
    assert said.document["window"]["until"] == "2026-01-01T00:00:00Z"


def test_an_empty_lake_has_no_candidates(tmp_path: Path) -> None:
    """Nothing imported: empty candidates, exit 0, in both forms."""
    home = make_home(tmp_path / "home")

    assert hinomi("detect", "--json", home=home).document["candidates"] == []
    text = hinomi("detect", home=home)
    assert text.code == 0
    assert "No candidates in this window." in text.out


def test_the_table_shows_service_and_reasons(home: Path) -> None:
    """Without --json: a table, the register, the limits."""
    said = hinomi("detect", "--top", "1", home=home)

    assert f"{SERVER} tcp/6667" in said.out
    assert "register " in said.out
    assert "limits of this run" in said.out


def test_the_model_is_named_where_it_spoke(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A laboratory is judged by terms alone; elsewhere name, digest and drift stand below."""
    assert "judged by terms alone" in hinomi("detect", home=home).out
    document = hinomi("detect", "--json", home=home).document
    assert (document["model"]["spoke"], document["drift"]) == (False, None)

    drift = Drift(
        services=9,
        index={"span": 0.9},
        threshold=0.25,
        spread={},
        interval=64,
        known_intervals=(1_000,),
    )
    print_model(detection(model={"name": "spring", "digest": "ab12"}, drift=drift))

    said = capsys.readouterr().out
    assert "model spring ab12" in said
    assert "span 0.90" in said
    assert "not learned at this sampling interval" in said


def test_the_context_that_was_read_is_named(home: Path, tmp_path: Path) -> None:
    """Tables of before the window, by kind, source and day; without any, nothing is said."""
    history = tmp_path / "history.csv"
    history.write_text("address\n198.51.100.67\n")
    table = ("--source", "archive", "--date", "2025-12-31")
    assert hinomi("detect", "--json", home=home).document["context"] == []

    hinomi("context", "add", "history", history, *table, "--licence", "CC0", home=home)
    document, text = (hinomi("detect", *form, home=home) for form in (("--json",), ()))
    hinomi("context", "remove", "history", *table, home=home)

    named = {"kind": "history", "source": "archive", "day": "2025-12-31"}
    assert document.document["context"] == [named]
    assert "context history of archive, 2025-12-31" in text.out


def test_a_report_is_written_beside_the_answer(home: Path, tmp_path: Path) -> None:
    """--report writes one HTML page and says where; the document on stdout stays alone."""
    path = tmp_path / "report.html"

    text = hinomi("detect", "--report", path, home=home)
    document = hinomi("detect", "--report", path, "--json", home=home)

    assert f"The report lies at {path}" in text.out
    assert document.document["candidates"]
    assert SERVER in path.read_text("utf-8")


def test_a_report_without_a_place_is_told_before_the_work(home: Path, tmp_path: Path) -> None:
    """66, and nothing was detected."""
    last = ("journal", "show", "--last", "1", "--json")
    before = hinomi(*last, home=home).document

    said = hinomi("detect", "--report", tmp_path / "missing" / "report.html", home=home)

    assert said.code == 66
    assert "no such folder" in said.err
    assert hinomi(*last, home=home).document == before


def test_candidates_are_shown_even_if_the_report_cannot_be_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder goes while it works: the answer is there, and the exit code says the rest."""
    monkeypatch.setattr("hinomi.cli.detect.require_page_place", lambda _: None)

    said = hinomi("detect", "--json", "--report", tmp_path / "gone" / "report.html", home=home)

    assert said.code == 66
    assert said.document["candidates"]
    assert "no such folder" in said.err


def test_each_detection_is_journalled(home: Path) -> None:
    """Who detected in which window, under which register, is in the journal."""
    hinomi("detect", "--since", "2026-01-01", "--json", home=home)

    said = hinomi("journal", "show", "--last", "3", "--json", home=home).document["entries"]
    entry, *after = said
    assert [each["operation"] for each in after] == ["case", "case"]
    assert entry["operation"] == "detect"
    assert entry["mandate"]["purpose"] == "detect-cc"
    assert entry["window"]["since"] == "2026-01-01T00:00:00Z"


def test_partial_results_give_the_same_answer_twice(home: Path) -> None:
    """The second answer comes from what the first one kept, and is the same."""
    first, again = (hinomi("detect", "--partials", "--json", home=home) for _ in range(2))

    assert first.code == 0, first.err
    assert again.document == first.document
    assert any((home / "partials").iterdir())


def test_hourly_ends_at_the_last_full_hour(home: Path) -> None:
    """It begins at midnight, the registered days back."""
    said = hinomi("detect", "--hourly", "--until", "2026-01-01T20:30:00Z", "--json", home=home)

    assert said.document["window"] == {
        "since": "2025-12-19T00:00:00Z",
        "until": "2026-01-01T20:00:00Z",
    }


def test_hourly_says_itself_where_it_begins(home: Path) -> None:
    """A beginning beside it is a usage error."""
    said = hinomi("detect", "--hourly", "--since", "2026-01-01", home=home)

    assert said.code == 64
    assert "--since" in said.err


@pytest.mark.parametrize("option", ["--hourly", "--partials"])
def test_partial_results_are_kept_by_duckdb_alone(home: Path, option: str) -> None:
    """Another engine beside them is a usage error, before anything is read."""
    said = hinomi("detect", option, "--engine", "spark", home=home)

    assert said.code == 64
    assert "DuckDB" in said.err


def test_what_the_hub_lists_lapses_before_a_run(home: Path) -> None:
    """Where what is held of it is damaged, one line says so, and the run goes on."""
    joined = home.parent / "joined"
    shutil.copytree(home, joined)
    (joined / "hub").mkdir()
    (joined / "hub" / "membership.json").write_text("{", "utf-8")

    said = hinomi("detect", "--json", home=joined)

    assert said.code == 0, said.err
    assert "hinomi: the hub's list is not in use: " in said.err
