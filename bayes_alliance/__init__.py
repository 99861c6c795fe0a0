"""Bayesian multilevel meta-analysis of correlations.

>>> import bayes_alliance as ba
>>> effects = ba.load("crede2010")
>>> len(effects), len(effects.samples)
(97, 68)
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

# The public names and where they live. They are imported when first used, so that the command
# line answers at once and nobody waits for PyMC before something is sampled.
_HOMES = {
    "BayesAllianceError": "bayes_alliance.errors",
    "Benchmark": "bayes_alliance.spec.tables",
    "Correlations": "bayes_alliance.data.correlations",
    "DataCheck": "bayes_alliance.data.check",
    "EffectSizes": "bayes_alliance.data.effects",
    "EngineError": "bayes_alliance.errors",
    "Fit": "bayes_alliance.analysis.face",
    "InputError": "bayes_alliance.errors",
    "Prior": "bayes_alliance.spec.prior",
    "Specification": "bayes_alliance.spec.specification",
    "assurance": "bayes_alliance.analysis.expected",
    "average": "bayes_alliance.analysis.averaging",
    "bayes_factor": "bayes_alliance.analysis.evidence",
    "bias": "bayes_alliance.analysis.bias",
    "check_data": "bayes_alliance.data.check",
    "compare_answers": "bayes_alliance.analysis.rerun",
    "compare_moderators": "bayes_alliance.analysis.averaging",
    "cumulative": "bayes_alliance.analysis.influence",
    "datasets": "bayes_alliance.data.bundled",
    "exclude": "bayes_alliance.analysis.influence",
    "expected_evidence": "bayes_alliance.analysis.expected",
    "fit": "bayes_alliance.analysis.fit",
    "influence": "bayes_alliance.analysis.influence",
    "leave_one_out": "bayes_alliance.analysis.influence",
    "load": "bayes_alliance.data.bundled",
    "load_effects": "bayes_alliance.data.lossless",
    "load_fit": "bayes_alliance.analysis.face",
    "models": "bayes_alliance.spec.library",
    "multiverse": "bayes_alliance.analysis.multiverse",
    "over_priors": "bayes_alliance.analysis.priors",
    "over_rho": "bayes_alliance.analysis.influence",
    "prior_from_fit": "bayes_alliance.analysis.priors",
    "read_correlations": "bayes_alliance.data.correlations",
    "read_effects": "bayes_alliance.data.readers",
    "read_specification": "bayes_alliance.spec.library",
    "rerun": "bayes_alliance.analysis.rerun",
    "smallest_detectable": "bayes_alliance.analysis.expected",
    "with_benchmark_prior": "bayes_alliance.spec.benchmark_prior",
    "with_measure": "bayes_alliance.data.conversion",
}

__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    from bayes_alliance.analysis.averaging import average as average
    from bayes_alliance.analysis.averaging import compare_moderators as compare_moderators
    from bayes_alliance.analysis.bias import bias as bias
    from bayes_alliance.analysis.evidence import bayes_factor as bayes_factor
    from bayes_alliance.analysis.expected import assurance as assurance
    from bayes_alliance.analysis.expected import expected_evidence as expected_evidence
    from bayes_alliance.analysis.expected import smallest_detectable as smallest_detectable
    from bayes_alliance.analysis.face import Fit as Fit
    from bayes_alliance.analysis.face import load_fit as load_fit
    from bayes_alliance.analysis.fit import fit as fit
    from bayes_alliance.analysis.influence import cumulative as cumulative
    from bayes_alliance.analysis.influence import exclude as exclude
    from bayes_alliance.analysis.influence import influence as influence
    from bayes_alliance.analysis.influence import leave_one_out as leave_one_out
    from bayes_alliance.analysis.influence import over_rho as over_rho
    from bayes_alliance.analysis.multiverse import multiverse as multiverse
    from bayes_alliance.analysis.priors import over_priors as over_priors
    from bayes_alliance.analysis.priors import prior_from_fit as prior_from_fit
    from bayes_alliance.analysis.rerun import compare_answers as compare_answers
    from bayes_alliance.analysis.rerun import rerun as rerun
    from bayes_alliance.data.bundled import datasets as datasets
    from bayes_alliance.data.bundled import load as load
    from bayes_alliance.data.check import DataCheck as DataCheck
    from bayes_alliance.data.check import check_data as check_data
    from bayes_alliance.data.conversion import with_measure as with_measure
    from bayes_alliance.data.correlations import Correlations as Correlations
    from bayes_alliance.data.correlations import read_correlations as read_correlations
    from bayes_alliance.data.effects import EffectSizes as EffectSizes
    from bayes_alliance.data.lossless import load_effects as load_effects
    from bayes_alliance.data.readers import read_effects as read_effects
    from bayes_alliance.errors import BayesAllianceError as BayesAllianceError
    from bayes_alliance.errors import EngineError as EngineError
    from bayes_alliance.errors import InputError as InputError
    from bayes_alliance.spec.benchmark_prior import with_benchmark_prior as with_benchmark_prior
    from bayes_alliance.spec.library import models as models
    from bayes_alliance.spec.library import read_specification as read_specification
    from bayes_alliance.spec.prior import Prior as Prior
    from bayes_alliance.spec.specification import Specification as Specification
    from bayes_alliance.spec.tables import Benchmark as Benchmark


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
