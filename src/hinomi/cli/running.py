"""Running the command line: every failure becomes one line and an exit code."""

import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from hinomi.cli import render
from hinomi.cli.main import cli
from hinomi.errors import INTERRUPTED, HinomiError

DEBUG_VARIABLE: Final = "HINOMI_DEBUG"

EX_USAGE: Final = 64
EX_SOFTWARE: Final = 70
PIPE_CLOSED: Final = 141  # 128 + SIGPIPE.


def run(arguments: Sequence[str]) -> int:
    """
    Run hinomi with *arguments* and give its exit code.

    Notes:
        An unforeseen failure names its type only: its message could repeat a value of
        a flow file. ``HINOMI_DEBUG=1`` shows it whole, to whoever asks for that.
    """
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
    except HinomiError as error:
        render.complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        render.complain("interrupted; what was finished is kept, the rest left no trace")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; let the interpreter's last flush go nowhere too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        render.complain(
            f"unforeseen {type(error).__name__}: this is a fault of hinomi; "
            f"run again with {DEBUG_VARIABLE}=1 for a traceback and report it"
        )
        return EX_SOFTWARE
    return code


def _invoke(arguments: Sequence[str]) -> int:
    try:
        code = cli.main(args=list(arguments), prog_name="hinomi", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return EX_USAGE
    except click.Abort as error:
        raise KeyboardInterrupt from error
    except click.UsageError as error:
        advice = f"; see `{error.ctx.command_path} --help`" if error.ctx is not None else ""
        render.complain(error.format_message().rstrip(".") + advice)
        return EX_USAGE
    return code if isinstance(code, int) else 0
