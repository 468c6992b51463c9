"""
Under which terms a program may visit: what people approve, and what the register allows.

A run is approved by the hash of its program, its window, its view and the rules of disclosure; a
release by the hash of its result. Whatever differs by then is refused.
"""

from hinomi.errors import ConfigError, NotPermitted
from hinomi.govern.disclosure import Rules
from hinomi.govern.minimise import View, research_view
from hinomi.govern.parameters import Register
from hinomi.govern.program import Program
from hinomi.model.address import Address
from hinomi.model.window import Window
from hinomi.services.home import Home
from hinomi.services.isolation import Limits
from hinomi.services.mandates import Operation
from hinomi.services.researchbook import Asked
from hinomi.services.visiting import Visit

BEGUN = (Operation.RESEARCH.word, "run", "begins")
"""Operation, act and stage of the journal's entry that a run began."""


def run_terms(home: Home, asked: Asked) -> dict[str, object]:
    """Give what people approve of a run; other content, a changed register say, is refused."""
    visit = visit_for(home.register, asked.program, asked.exact)
    return {
        "act": "research run",
        "number": asked.number,
        "program": asked.program.digest,
        "key": asked.request.key,
        "by": asked.request.by,
        "reason": asked.request.reason,
        "window": asked.request.window.render(),
        "view": visit.view.render(),
        "table": asked.program.declared.render(),
        "rules": visit.rules.render(asked.program.declared),
    }


def release_terms(asked: Asked) -> dict[str, object]:
    """Give what people approve of a release: this result, to the last byte."""
    told = {"act": "research release", "number": asked.number, "program": asked.program.digest}
    return {**told, "result": asked.digest}


def rules_of(register: Register) -> Rules:
    """
    Give the registered rules of disclosure.

    Raises:
        ConfigError: If they protect nobody.
    """
    try:
        return Rules(
            least_lines=register.integer("research.least_lines"),
            epsilon=register.number("research.epsilon"),
            delta=register.number("research.delta"),
        )
    except ValueError as error:
        raise ConfigError(f"register: research: {error}") from error


def visit_for(
    register: Register,
    program: Program,
    exact: tuple[Address, ...] = (),
    *,
    explain: bool = False,
) -> Visit:
    """
    Give the visit of *program* as the register allows it, with a key of its own.

    Raises:
        ConfigError: If what is registered cannot be meant.
    """
    return Visit(
        program=program,
        view=_view(register, exact),
        rules=rules_of(register),
        limits=Limits(
            seconds=register.integer("research.most_seconds"),
            memory_mib=register.integer("research.most_memory_mib"),
        ),
        explain=explain,
    )


def runs_begun(home: Home, window: Window) -> int:
    """Count the runs that began over any hour of *window*, whoever asked for them."""
    begun = 0
    for entry in home.journal().entries():
        since, until = entry.get("since_ms"), entry.get("until_ms")
        told = tuple(entry.get(name) for name in ("operation", "act", "stage"))
        if told == BEGUN and isinstance(since, int) and isinstance(until, int):
            begun += window.overlaps(since, until - 1)
    return begun


def require_budget(home: Home, window: Window) -> None:
    """
    Return if one more run may see *window*.

    Raises:
        NotPermitted: If as many saw one of its hours as are registered.
    """
    most, begun = home.register.integer("research.most_runs"), runs_begun(home, window)
    if begun >= most:
        raise NotPermitted(
            f"{begun} runs saw an hour of this window, and {most} is the most "
            "(research.most_runs): what their results differ by would tell of single lines"
        )


def _view(register: Register, exact: tuple[Address, ...]) -> View:
    v4_bits = register.integer("research.address_bits_v4")
    v6_bits = register.integer("research.address_bits_v6")
    try:
        return research_view(v4_bits, v6_bits, exact)
    except ValueError as error:
        raise ConfigError(f"register: research.address_bits: {error}") from error
