"""Where the program starts."""

import os
import sys
import warnings

from hinomi.cli.running import DEBUG_VARIABLE, run


def main() -> None:
    """Run hinomi with the arguments of the process."""
    if not sys.warnoptions and not os.environ.get(DEBUG_VARIABLE):
        warnings.simplefilter("ignore")  # They speak to programmers, on the operator's terminal.
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
