"""
Plain text: one address or CIDR a line, or an address with port; comments after # or ;.

The port follows a colon: ``192.0.2.1:8080``, ``[2001:db8::1]:8080``. Lines with a host
name are counted and left out.
"""

from hinomi.collect.lists.fields import is_hostname, parse_endpoint
from hinomi.collect.lists.intake import BadLine, Intake
from hinomi.model.listed import ListEntry


def recognises(text: str) -> bool:
    """Tell plain text by its first entry, which must be an address or a host name."""
    for line in text.split("\n"):
        if entry := _without_comment(line):
            try:
                parse_endpoint(entry)
            except BadLine:
                return is_hostname(entry)
            return True
    return False


def read(text: str, intake: Intake) -> None:
    """Hand every line to *intake*."""
    for number, line in enumerate(text.split("\n"), start=1):
        if entry := _without_comment(line):
            if is_hostname(entry):
                intake.ignore("hostname")
                continue
            with intake.line(number):
                base, length, port = parse_endpoint(entry)
                intake.add(ListEntry(base=base, length=length, port=port))


def _without_comment(line: str) -> str:
    return line.partition("#")[0].partition(";")[0].strip()
