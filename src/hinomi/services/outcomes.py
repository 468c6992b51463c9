"""What an answer says of the sources that spoke of the service before."""

from hinomi.model.case import Case, Finding, ServiceClass, Verdict
from hinomi.model.evidence import Method
from hinomi.services.weighing import Assessment, Assessor
from hinomi.verify.reliability import Answer, outcomes


def note_outcomes(assessor: Assessor, case: Case, verdict: Verdict, assessment: Assessment) -> None:
    """
    Note which sources an answer bears out or contradicts, of those that it does not rest on.

    A shared host says nothing of anybody: malware uses it, and listing it would be wrong.
    """
    if verdict.service_class is ServiceClass.SHARED or verdict.finding is Finding.UNSURE:
        return
    listable = verdict.service_class.is_listable or verdict.service_class is ServiceClass.UNKNOWN
    answer = Answer(is_cc=verdict.finding is Finding.CC and listable, evidence=assessment.evidence)
    groups = assessor.groups(assessment.evidence)
    home = assessor.home
    needed = home.register.integer("evidence.verdict_methods")
    found: dict[str, tuple[Method, bool]] = {}
    for each in assessment.evidence:
        if each.method is Method.FLOW:
            continue  # Its probability is calibrated: see `hinomi accuracy`.
        came = outcomes(each.source, [answer], groups, verdict_methods=needed)
        if came.right or came.wrong:
            found[each.source] = (each.method, came.right > 0)
    assessor.casebook.evidence.put_outcomes(case, found, home.clock())
