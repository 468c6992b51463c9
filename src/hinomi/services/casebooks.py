"""Where the case book of a home is: in its file, or in a database that a team shares."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from hinomi.config import CasebookConfig
from hinomi.errors import ConfigError
from hinomi.store.casebook import CaseBook, open_casebook
from hinomi.store.database import open_shared_database
from hinomi.store.durable import replace_durably
from hinomi.store.moving import move_rows

CASEBOOK: Final = "casebook.sqlite"
MOVED: Final = f"{CASEBOOK}.moved"
"""Says that the file was moved into a database, so that nobody begins an empty one instead."""

Tell: TypeAlias = Callable[[Mapping[str, object]], object]


def open_where_told(folder: Path, config: CasebookConfig, tell: Tell) -> CaseBook:
    """
    Open the case book of the home at *folder* where its configuration says.

    A home that gets a database takes the rows of its file along, once; then the file goes.

    Args:
        folder: Of the home.
        config: Where the case book is.
        tell: Writes to the journal what is moved.

    Raises:
        ConfigError: If it cannot be opened so, or is said to be in a file, and was moved.
        Conflict: If file and database each hold a case book of their own.
        Unavailable: If the database cannot be reached, or is held by others for too long.
    """
    path = folder / CASEBOOK
    if not config.postgresql:
        if (folder / MOVED).exists() and not path.exists():
            raise ConfigError(
                f"{folder}: the case book was moved into a database; name that in "
                f"casebook.postgresql (to begin an empty one, delete {MOVED})"
            )
        return open_casebook(path)
    password_file = Path(config.password_file) if config.password_file else None
    database = open_shared_database(config.postgresql, password_file)
    try:
        if path.exists():
            replace_durably(folder / MOVED, b"into a database of PostgreSQL\n")
            move_rows(path, database, lambda rows: tell({"act": "move case book", "rows": rows}))
    except BaseException:
        database.close()
        raise
    return CaseBook(database)
