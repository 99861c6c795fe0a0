"""Verbs of a fit that vary something about it and run again."""

from __future__ import annotations

from bayes_alliance.analysis.verbs.bias import BiasVerbs
from bayes_alliance.analysis.verbs.evidence import EvidenceVerbs
from bayes_alliance.analysis.verbs.expected import DesignVerbs
from bayes_alliance.analysis.verbs.influence import InfluenceVerbs
from bayes_alliance.analysis.verbs.moderators import ModeratorVerbs
from bayes_alliance.analysis.verbs.multiverse import MultiverseVerbs
from bayes_alliance.analysis.verbs.omission_and_rho import OmissionVerbs
from bayes_alliance.analysis.verbs.priors import PriorVerbs

__all__ = ["Variations"]


class Variations(
    InfluenceVerbs,
    OmissionVerbs,
    ModeratorVerbs,
    BiasVerbs,
    DesignVerbs,
    EvidenceVerbs,
    PriorVerbs,
    MultiverseVerbs,
):
    """What an analysis says when something about it varies; `Fit` has these verbs."""
