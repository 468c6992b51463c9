"""Where the program starts."""

import sys

from hinomi.cli.running import run


def main() -> None:
    """Run hinomi with the arguments of the process."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
