"""``python -m bayes_alliance.cli``."""

from bayes_alliance.cli.main import run

run()
