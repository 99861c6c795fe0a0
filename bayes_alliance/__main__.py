"""``python -m bayes_alliance``."""

from bayes_alliance.cli.main import run

run()
