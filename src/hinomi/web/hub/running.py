"""What a running hub holds open for as long as it runs."""

from dataclasses import dataclass

from hinomi.services.home import Home
from hinomi.store.casebook import CaseBook


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub that answers: its home, and its case book, open."""

    home: Home
    casebook: CaseBook
