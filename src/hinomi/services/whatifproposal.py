"""From a what-if to the smallest setting within a stated loss, ready to be proposed."""

import shlex
from dataclasses import dataclass
from typing import Final

from hinomi.clock import render_time
from hinomi.govern.parameters import Register
from hinomi.services.whatifresult import (
    REFERENCE,
    Axis,
    Cell,
    Share,
    WhatIf,
    fresh_of,
    loss_of,
    mean_of,
    share_of,
)

PARAMETERS: Final = {
    Axis.SAMPLING: "collect.sampling_interval_min",
    Axis.DAYS: "detect.window_days",
}
"""The parameter that each axis is about; what is withheld is no parameter yet."""

_DAY_LETTERS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A value for a parameter, with its reasons; the present one where no lesser will do."""

    name: str
    value: int
    present: int
    considerations: str
    evidence: str

    @property
    def command(self) -> str:
        """Give the command line that proposes it."""
        words = [
            "hinomi", "parameters", "propose", self.name, str(self.value),
            "--considerations", self.considerations, "--evidence", self.evidence,
        ]  # fmt: skip
        return shlex.join(words)

    def render(self) -> dict[str, object]:
        """Render for JSON."""
        return {
            "name": self.name,
            "value": self.value,
            "present": self.present,
            "considerations": self.considerations,
            "evidence": self.evidence,
            "command": self.command,
        }


def propose(result: WhatIf, digest: str, register: Register, loss: float) -> list[Proposal]:
    """
    Propose, for each parameter that the what-if is about, the smallest value within *loss*.

    Args:
        result: What was found.
        digest: Of its document.
        register: The present values.
        loss: Share of the present candidates that may come out otherwise (`loss_of`), 0..1.

    Returns:
        One for each axis of which a lesser setting was run. From the present setting one goes
        to lesser ones as long as each is within *loss*: a sparser one that is so by luck,
        beyond a denser one that is not, is not taken. None where the present setting found
        no candidate: of what is lost nothing can be said.
    """
    found = []
    for axis, name in PARAMETERS.items():
        present = register.integer(name)
        cells = [
            cell
            for cell in result.cells
            if cell.setting.axis is axis and cell.runs and _is_lesser(cell, present)
        ]
        if not cells or loss_of(cells[0]) is None:
            continue
        within = _within(cells, loss)
        chosen = within[-1] if within else None
        beyond = cells[len(within)] if len(within) < len(cells) else None
        found.append(
            Proposal(
                name=name,
                value=present if chosen is None else int(chosen.setting.value),
                present=present,
                considerations=_considerations(result, chosen, beyond, loss),
                evidence=f"{REFERENCE}{digest}",
            )
        )
    return found


def _is_lesser(cell: Cell, present: int) -> bool:
    value = int(cell.setting.value)
    return value > present if cell.setting.axis is Axis.SAMPLING else value < present


def _within(cells: list[Cell], loss: float) -> list[Cell]:
    """Give the settings, from the present one on, up to the first that costs more."""
    within = []
    for cell in cells:
        costs = loss_of(cell)
        if costs is None or costs > loss:
            break
        within.append(cell)
    return within


def _considerations(result: WhatIf, chosen: Cell | None, beyond: Cell | None, loss: float) -> str:
    window = [
        render_time(each)[:_DAY_LETTERS] for each in (result.asked.since_ms, result.asked.until_ms)
    ]
    held = result.present.runs[0].figures
    first = (
        f"Detection was run again on {window[0]} to {window[1]} ({held.hours:,} hours with "
        "records) as if less had been collected; the setting as held has "
        f"{held.sure} candidates at 0.9."
    )
    told = [first]
    if chosen is None:
        told.append(f"No lesser setting is within a loss of {loss:.0%}.")
    else:
        records = (mean_of(chosen, "records") or 0.0) / max(held.records, 1)
        told.append(
            f"{chosen.setting.words.capitalize()} keeps {records:.0%} of the records and is within "
            f"a loss of {loss:.0%}: {_losses(chosen)}."
        )
    if beyond is not None:
        told.append(f"{beyond.setting.words.capitalize()} is not: {_losses(beyond)}.")
    return " ".join(told)


def _losses(cell: Cell) -> str:
    shares = (("on no list", share_of(cell, "unlisted")), ("listed", share_of(cell, "listed")))
    told = [_loss(words, share) for words, share in shares if share is not None]
    return ", ".join([*told, f"{fresh_of(cell) or 0.0:.0%} new"])


def _loss(words: str, share: Share) -> str:
    return (
        f"{1 - share.value:.0%} of {share.of} {words} lost "
        f"(95 %: {1 - share.high:.0%} to {1 - share.low:.0%})"
    )
