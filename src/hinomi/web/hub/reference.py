"""
The hub's API as OpenAPI, for people and programs that read before they ask.

    python -m hinomi.web.hub.reference > docs/reference/hub-openapi.json
"""

import json
import sys
import tempfile
from pathlib import Path

from hinomi.services.home import open_home
from hinomi.services.hub.founding import create_hub
from hinomi.web.hub.app import create_app, describe
from hinomi.web.hub.running import Hub


def render_reference() -> str:
    """Render the description of all routes: of the same routes always the same text."""
    with tempfile.TemporaryDirectory(prefix="hinomi-hub-") as folder:
        home = open_home(create_hub(Path(folder) / "hub", "hub.example").folder)
        with home.casebook() as casebook:
            found = describe(create_app(Hub(home, casebook)))
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render_reference())
