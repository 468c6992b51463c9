"""The formats of evidence hinomi reads, and the one way into them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hinomi.collect.evidence import (
    certificates,
    cowrie,
    darknet,
    findings,
    listed,
    malware_csv,
    passive_dns,
    shadowserver,
    sightings,
    stix,
)
from hinomi.collect.evidence.intake import (
    MOST_HELD,
    EvidenceFormat,
    EvidenceLimits,
    Intake,
    Told,
    collapse,
)
from hinomi.errors import Conflict, MalformedDocument, UsageError
from hinomi.model.evidence import Claim, Evidence, Method

FORMATS: Final = (
    EvidenceFormat(name="cowrie", recognises=cowrie.recognises, read=cowrie.read),
    EvidenceFormat(
        name="stix",
        recognises=stix.recognises,
        read=stix.read,
        claims=frozenset({Claim.CC, Claim.LOADER, Claim.SINKHOLE, Claim.BENIGN}),
        methods=frozenset(Method) - {Method.FLOW},
    ),
    EvidenceFormat(name="shadowserver", recognises=shadowserver.recognises, read=shadowserver.read),
    EvidenceFormat(name="darknet", recognises=darknet.recognises, read=darknet.read),
    EvidenceFormat(
        name="malware-csv",
        recognises=malware_csv.recognises,
        read=malware_csv.read,
        claims=frozenset({Claim.CC, Claim.LOADER, Claim.SUPPORT}),
    ),
    EvidenceFormat(name="sightings", recognises=sightings.recognises, read=sightings.read),
    EvidenceFormat(name="findings", recognises=findings.recognises, read=findings.read),
    EvidenceFormat(name="certificates", recognises=certificates.recognises, read=certificates.read),
    EvidenceFormat(name="passive-dns", recognises=passive_dns.recognises, read=passive_dns.read),
    EvidenceFormat(
        name="list",
        recognises=listed.recognises,
        read=listed.read,
        claims=listed.CLAIMS,
        methods=frozenset(Method) - {Method.FLOW},
        needs_claim=True,
    ),
)
"""In the order in which they are tried: the particular ones before the plain ones."""

_START: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEvidence:
    """What a file of evidence holds; it was read to its end once, and is good."""

    format: str
    evidence: Iterable[Evidence]
    """
    The statements, read from the file anew each time they are asked for, so that memory stays
    bounded. At the end of the file `Conflict` is raised if it is not the one that was checked:
    keep all or nothing of them, in one transaction.
    """

    claims: Counter[Claim]  # How many statements there are of each.
    ignored: Counter[str]  # Well formed but no evidence, by reason.
    malformed: int  # Bad lines left out; 0 unless good ones were to be kept.
    sha256: str  # Of the file as it lies on disk, hex.

    @property
    def statements(self) -> int:
        """How many statements there are."""
        return self.claims.total()


@dataclass(frozen=True, slots=True)
class _Statements:
    """The statements of one file that was found good, read whenever they are asked for."""

    path: Path
    form: EvidenceFormat
    told: Told
    sha256: str

    def __iter__(self) -> Iterator[Evidence]:
        intake = Intake(self.path, self.told)
        yield from collapse(self.form.read(intake), MOST_HELD)
        if intake.sha256() != self.sha256:
            raise Conflict(f"{self.path} changed while it was read; import it again")


def parse_evidence(
    path: Path,
    *,
    format_name: str | None,
    source: str,
    day: int,
    keep_good: bool = False,
    claim: Claim | None = None,
    method: Method | None = None,
    limits: EvidenceLimits | None = None,
) -> ParsedEvidence:
    """
    Check the file at *path*, plain, gzip or bzip2, to its end, and give what it holds.

    Args:
        path: The file.
        format_name: One of `FORMATS`; None: told from the content.
        source: Who says so, as the operator calls them.
        day: The file's day, days since 1970, UTC: what bears no date is dated so, and what is
            dated later is left out.
        keep_good: Count bad lines and go on, instead of stopping.
        claim: What the file claims, where its format leaves that to the caller.
        method: How it was found out, likewise.
        limits: What counts for little; those of `EvidenceLimits` where not stated.

    Raises:
        NotFound: If the file cannot be read.
        UsageError: If *source* is blank, there is no format of that name, or the format takes
            no such claim or method, or needs a claim.
        MalformedDocument: If it is of no known format or not of the one named, or has a bad
            line and good ones are not kept.

    Notes:
        Nothing at all may be evidence: a honeypot sees no download on most days.
    """
    if not source.strip():
        raise UsageError("evidence needs a source: say who states it")
    told = Told(
        source=source,
        day=day,
        keep_good=keep_good,
        claim=claim,
        method=method,
        limits=limits or EvidenceLimits(),
    )
    intake = Intake(path, told)
    form = _named(format_name) if format_name is not None else _detected(intake)
    _check(form, told)
    sha256 = intake.sha256()
    claims = Counter(each.claim for each in collapse(form.read(intake), MOST_HELD))
    return ParsedEvidence(
        format=form.name,
        evidence=_Statements(path, form, told, sha256),
        claims=claims,
        ignored=intake.ignored,
        malformed=intake.malformed,
        sha256=sha256,
    )


def _named(name: str) -> EvidenceFormat:
    for form in FORMATS:
        if form.name == name:
            return form
    raise UsageError(f"no evidence format of this name; there are {_names()}")


def _detected(intake: Intake) -> EvidenceFormat:
    with intake.stream() as file:
        start = file.read(_START).decode("utf-8-sig", "replace")
    for form in FORMATS:
        if form.recognises(start):
            return form
    raise MalformedDocument(
        f"is of no known evidence format; name one with --format: {_names()}", str(intake.path)
    )


def _check(form: EvidenceFormat, told: Told) -> None:
    if form.needs_claim and told.claim is None:
        names = ", ".join(sorted(form.claims))
        raise UsageError(f"a {form.name} does not say what it claims: name it, one of {names}")
    if told.claim is not None and told.claim not in form.claims:
        raise UsageError(f"a file of the format {form.name} cannot be said to claim {told.claim}")
    if told.method is not None and told.method not in form.methods:
        raise UsageError(f"a file of the format {form.name} is not of the method {told.method}")


def _names() -> str:
    return ", ".join(form.name for form in FORMATS)
