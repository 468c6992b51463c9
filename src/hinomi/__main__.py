"""Where the program starts."""

import os
import sys
import warnings

from hinomi.errors import INTERRUPTED


def main() -> None:
    """Run hinomi with the arguments of the process."""
    try:
        # Loading takes a moment, in which a person may think better of it.
        from hinomi.cli.running import DEBUG_VARIABLE, run  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    if not sys.warnoptions and not os.environ.get(DEBUG_VARIABLE):
        warnings.simplefilter("ignore")  # They speak to programmers, on the operator's terminal.
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
