"""Windows of time: half-open, in milliseconds since the Unix epoch."""

from dataclasses import dataclass

from hinomi.clock import render_time


@dataclass(frozen=True, slots=True)
class Window:
    """
    All moments from *since_ms* (inclusive) to *until_ms* (exclusive).

    None leaves that side open: ``Window()`` is everything.
    """

    since_ms: int | None = None
    until_ms: int | None = None

    def __post_init__(self) -> None:
        if self.since_ms is None or self.until_ms is None:
            return
        if self.since_ms > self.until_ms:
            raise ValueError("a window cannot end before it begins")

    def covers(self, time_ms: int) -> bool:
        """Tell whether *time_ms* lies inside."""
        return (self.since_ms is None or time_ms >= self.since_ms) and (
            self.until_ms is None or time_ms < self.until_ms
        )

    def overlaps(self, first_ms: int, last_ms: int) -> bool:
        """Tell whether any moment of the closed span first..last lies inside."""
        return (self.since_ms is None or last_ms >= self.since_ms) and (
            self.until_ms is None or first_ms < self.until_ms
        )

    def render(self) -> dict[str, str | None]:
        """Render both ends as ISO 8601 UTC, None where open."""
        return {
            "since": None if self.since_ms is None else render_time(self.since_ms),
            "until": None if self.until_ms is None else render_time(self.until_ms),
        }
