"""Entry of the command line: what is wrong becomes one message, a defect stays a defect."""

from __future__ import annotations

import sys
import traceback

from bayes_alliance.cli.commands import app
from bayes_alliance.errors import BayesAllianceError

__all__ = ["run"]

WRONG_INPUT, DEFECT = 2, 70
WHERE_TO_SEND = "the issue tracker of the place you had the program from"


def run() -> None:
    """Run the command line; exit status 0, 1 (--strict), 2 (wrong input) or 70 (a defect)."""
    try:
        app()
    except BayesAllianceError as error:
        print(f"bayes-alliance: {error}", file=sys.stderr)
        sys.exit(WRONG_INPUT)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing is left to be said.
        sys.stderr.close()
        sys.exit(0)
    except Exception:
        traceback.print_exc()
        print(
            "bayes-alliance: this is a defect of the program, not of your data. Please send the "
            f"lines above, your command and, if you can, the data to {WHERE_TO_SEND}",
            file=sys.stderr,
        )
        sys.exit(DEFECT)
