"""Verbs of a fit that vary something about it and run again."""

from __future__ import annotations

from bayes_alliance.analysis.verbs.multiverse import MultiverseVerbs
from bayes_alliance.analysis.verbs.omission_and_rho import OmissionVerbs

__all__ = ["Variations"]


class Variations(OmissionVerbs, MultiverseVerbs):
    """What an analysis says when something about it varies; `Fit` has these verbs."""
