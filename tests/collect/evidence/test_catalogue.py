"""The one way into the formats of evidence."""

import gzip
import hashlib
import tracemalloc
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinomi.collect.evidence import catalogue
from hinomi.collect.evidence.catalogue import FORMATS, parse_evidence
from hinomi.errors import Conflict, HinomiError, MalformedDocument, NotFound, UsageError
from hinomi.model.evidence import Claim, Method
from testimony import SAMPLE, TODAY, written

SAMPLES: Final = {
    "cowrie": (
        '{"eventid":"cowrie.session.file_download","url":"http://192.0.2.1/a",'
        f'"shasum":"{SAMPLE}","timestamp":"2026-01-31T00:00:00Z"}}\n'
    ),
    "stix": (
        '{"type":"bundle","objects":[{"type":"indicator","indicator_types":["c2"],'
        '"pattern":"[ipv4-addr:value = \'192.0.2.1\']"}]}'
    ),
    "shadowserver": (
        "timestamp,url,host,ip,sha256\n2026-01-31,http://192.0.2.1/a,192.0.2.1,192.0.2.1,\n"
    ),
    "darknet": "address,last,packets,kind\n192.0.2.1,2026-01-31,500,scan\n",
    "malware-csv": f"sample,address,port\n{SAMPLE},192.0.2.1,443\n",
    "sightings": "address,protocol,port,says\n192.0.2.1,tcp,443,confirmed\n",
    "findings": "address,protocol,port,claim,note\n192.0.2.1,tcp,443,cc,\n",
    "certificates": (
        "address,port,self_signed,not_before,first_seen\n192.0.2.1,443,1,2026-01-01,2026-01-31\n"
    ),
    "passive-dns": "address,names,newest\n192.0.2.1,500,2026-01-31\n",
    "list": "192.0.2.1\n",
}


def test_every_format_has_a_sample() -> None:
    """The table above goes with the catalogue."""
    assert SAMPLES.keys() == {form.name for form in FORMATS}


@pytest.mark.parametrize("form", sorted(SAMPLES.keys() - {"list"}))
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_format_is_told_from_its_content(tmp_path: Path, form: str, pack: type[bytes]) -> None:
    """Whatever the file is called; its statements can be read more than once."""
    path = written(tmp_path, pack(SAMPLES[form].encode()))

    taken = parse_evidence(path, format_name=None, source="lab", day=TODAY)

    assert (taken.format, taken.statements, taken.malformed) == (form, 1, 0)
    assert taken.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    [found] = taken.evidence
    assert list(taken.evidence) == [found]
    assert (found.source, taken.claims) == ("lab", {found.claim: 1})


@pytest.mark.parametrize("form", SAMPLES)
def test_no_sample_is_taken_for_another_format(form: str) -> None:
    """So the order of the catalogue does not matter."""
    taken_for = [each.name for each in FORMATS if each.recognises(SAMPLES[form])]

    assert taken_for == ([] if form == "list" else [form])


@pytest.mark.parametrize("content", [b"", b"\n", b"192.0.2.1\n", b"{}", b"\x00\x01", b"a,b\n1,2\n"])
def test_what_is_of_no_known_format_is_refused(tmp_path: Path, content: bytes) -> None:
    """The message says which formats there are."""
    with pytest.raises(MalformedDocument, match=r"file: .*--format: cowrie, "):
        parse_evidence(written(tmp_path, content), format_name=None, source="lab", day=TODAY)


def test_what_the_caller_says_must_fit(tmp_path: Path) -> None:
    """A source, a format that exists, and no claim or method that the format does not take."""
    path = written(tmp_path, SAMPLES["sightings"])

    def parse(form: str = "sightings", source: str = "lab", **said: Any) -> None:
        parse_evidence(path, format_name=form, source=source, day=TODAY, **said)

    wrongs: tuple[dict[str, Any], ...] = (
        {"source": " "},
        {"form": "gossip"},
        {"claim": Claim.CC},
        {"method": Method.FLOW},
    )
    for wrong in wrongs:
        with pytest.raises(UsageError):
            parse(**wrong)
    with pytest.raises(NotFound):
        parse_evidence(tmp_path / "missing", format_name=None, source="lab", day=TODAY)


def test_no_list_is_evidence_of_flow(tmp_path: Path) -> None:
    """What was found in flow, detection says itself."""
    path = written(tmp_path, SAMPLES["list"])

    with pytest.raises(UsageError, match="method"):
        parse_evidence(
            path, format_name="list", source="x", day=TODAY, claim=Claim.CC, method=Method.FLOW
        )


def test_nothing_is_given_before_the_whole_file_is_good(tmp_path: Path) -> None:
    """A bad last line stops all of it."""
    path = written(tmp_path, SAMPLES["sightings"] + "192.0.2.2,tcp,443,gone\nrubbish\n")

    with pytest.raises(MalformedDocument, match="line 4"):
        parse_evidence(path, format_name=None, source="lab", day=TODAY)
    taken = parse_evidence(path, format_name=None, source="lab", day=TODAY, keep_good=True)
    assert (taken.statements, taken.malformed) == (2, 1)
    assert len(list(taken.evidence)) == 2


def test_a_file_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    """What was checked is not what was read: nothing of it may be kept."""
    path = written(tmp_path, SAMPLES["sightings"])
    taken = parse_evidence(path, format_name=None, source="lab", day=TODAY)
    path.write_text(SAMPLES["sightings"].replace("confirmed", "wrong"), "utf-8")

    with pytest.raises(Conflict, match="changed while it was read"):
        list(taken.evidence)


def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight times the rows take no more than the statements that are held at once."""
    monkeypatch.setattr(catalogue, "MOST_HELD", 100)
    row = f"{SAMPLE[:-6]}%06x,192.0.2.1,443\n"

    def peak(rows: int) -> int:
        path = tmp_path / str(rows)
        path.write_text("sample,address,port\n" + "".join(row % i for i in range(rows)), "utf-8")
        tracemalloc.start()
        taken = parse_evidence(path, format_name=None, source="lab", day=TODAY)
        count = sum(1 for _ in taken.evidence)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == taken.statements == rows
        return found

    peak(10)  # What is loaded and compiled once.
    assert peak(4000) < 1.2 * peak(500)


@given(content=st.binary(max_size=300), form=st.sampled_from(sorted(SAMPLES)))
def test_no_bytes_break_a_reader(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, form: str
) -> None:
    """Below a good beginning too: read, counted, or refused in one line that names the file."""
    folder = tmp_path_factory.mktemp("hostile")
    claim = Claim.CC if form == "list" else None
    for text in (content, SAMPLES[form].encode() + b"\n" + content):
        refusal = "file"
        try:
            taken = parse_evidence(
                written(folder, text),
                format_name=form,
                source="lab",
                day=TODAY,
                keep_good=True,
                claim=claim,
            )
        except HinomiError as error:
            refusal = str(error)
        else:
            assert len(list(taken.evidence)) == taken.statements
        assert "file" in refusal
        assert "\n" not in refusal
