"""The tables of a specification file: what each key takes, frozen and checked."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
    model_validator,
)

from bayes_alliance.errors import InputError
from bayes_alliance.names import ROPE_DIFFERENCE_R, ROPE_EFFECT_R
from bayes_alliance.spec.prior import Prior

__all__ = [
    "About",
    "Alias",
    "Alternative",
    "Benchmark",
    "Effect",
    "Eta",
    "Heterogeneity",
    "Location",
    "Name",
    "Priors",
    "Rope",
    "Run",
    "Sampling",
    "Table",
    "Text",
]

Text = Annotated[str, StringConstraints(max_length=2_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# Strict: text is no number, a number no truth value, 200.0 draws are a slip of the pen.
Truth = Annotated[bool, Strict()]
Number = Annotated[float, Strict()]
Whole = Annotated[int, Strict()]
Correlation = Annotated[Number, Field(gt=-1, lt=1)]
Probability = Annotated[Number, Field(gt=0, lt=1)]


def _to_prior(value: Any) -> Prior:
    if isinstance(value, Prior):
        return value
    if isinstance(value, dict):
        try:
            return Prior.from_mapping(value)
        except InputError as error:
            raise ValueError(str(error)) from error
    raise ValueError("a prior is a table with a family and its parameters")


PriorField = Annotated[
    Prior, BeforeValidator(_to_prior), PlainSerializer(lambda prior: prior.to_dict())
]


class Table(BaseModel):
    """A table of the file: frozen, no unknown keys, no infinities."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False, strict=False
    )


class About(Table):
    """Title, question and what the model teaches."""

    title: Text = ""
    question: Text = ""
    teaches: Text = ""


class Effect(Table):
    """The effect measure, total scores, and correlations printed only as "n.s."."""

    measure: Literal["auto", "ZCOR", "COR", "GEN"] = "auto"
    small_sample: Truth = False
    not_significant: Literal["leave_out", "zero", "censored"] = "leave_out"
    alpha: Probability = 0.05
    totals: Literal["all", "only", "scales", "composite"] = "all"
    scale_column: Name = "subscale"


class Location(Table):
    """The terms of the mean: names of columns, never formula text."""

    terms: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    categorical: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    units: dict[Name, Annotated[Number, Field(gt=0, le=1e9)]] = {}
    contrasts: Literal["pairwise", "others"] = "pairwise"
    orders: Annotated[tuple[Name, ...], Field(max_length=100)] = ()


class Heterogeneity(Table):
    """Which levels vary beyond sampling error, and how the effects of samples are distributed."""

    sample: Truth = True
    effect: Truth = True
    structure: Literal["common", "cs", "diagonal", "unstructured"] = "common"
    scales: Name = "subscale"
    groups: Name | None = None
    distribution: Literal["normal", "student_t"] = "normal"
    df: Annotated[Number, Field(gt=1, le=1_000)] | None = None
    sample_terms: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    effect_terms: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    categorical: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    units: dict[Name, Annotated[Number, Field(gt=0, le=1e9)]] = {}

    @model_validator(mode="after")
    def _terms_where_they_are_used(self) -> Self:
        for level in ("sample", "effect"):
            if getattr(self, f"{level}_terms") and not getattr(self, level):
                raise ValueError(f"{level}_terms are of tau_{level}, and {level} = false leaves it "
                                 "out")  # fmt: skip
        for name in (*self.categorical, *self.units):
            if name not in (*self.sample_terms, *self.effect_terms):
                raise ValueError(f"{name!r} is not among sample_terms or effect_terms")
        return self

    @model_validator(mode="after")
    def _scales_are_of_samples(self) -> Self:
        if self.structure != "common" and not self.sample:
            raise ValueError(
                f'structure = "{self.structure}" gives each scale its own effects of the samples; '
                "it needs sample = true"
            )
        if self.structure != "common" and (self.sample_terms or self.effect_terms):
            raise ValueError(
                f'structure = "{self.structure}" takes no sample_terms or effect_terms'
            )
        if self.structure != "common" and self.distribution != "normal":
            raise ValueError(
                f'structure = "{self.structure}" goes with distribution = "normal" only'
            )
        return self

    @model_validator(mode="after")
    def _groups_are_of_plain_samples(self) -> Self:
        if self.groups is None:
            return self
        if self.structure != "common":
            raise ValueError(
                'groups gives samples a level above them, which goes with structure = "common" '
                f'only, not with "{self.structure}"'
            )
        if self.distribution != "normal":
            raise ValueError('groups goes with distribution = "normal" only')
        if self.sample_terms or self.effect_terms:
            raise ValueError("groups takes no sample_terms or effect_terms")
        return self

    @model_validator(mode="after")
    def _df_where_it_is_used(self) -> Self:
        if self.distribution == "normal" and self.df is not None:
            raise ValueError('df has no meaning with distribution = "normal"; write '
                             'distribution = "student_t"')  # fmt: skip
        if self.distribution == "student_t" and not self.sample:
            raise ValueError('distribution = "student_t" is that of the sample effects, and '
                             "sample = false leaves them out")  # fmt: skip
        return self


class Sampling(Table):
    """How the sampling errors of one sample's effects depend on one another."""

    within_sample: Literal["independent", "constant", "interscale", "estimated"] = "independent"
    rho: Annotated[Number, Field(gt=-1, lt=1)] | None = None
    predictor: Annotated[tuple[Name, ...], Field(max_length=10)] | None = None
    outcome: Annotated[tuple[Name, ...], Field(max_length=10)] | None = None
    plug_in: Literal["pooled", "raw"] = "pooled"
    overlap: Annotated[Number, Field(gt=0, le=1)] | None = None
    use_reports: Truth = True
    spread: Annotated[Number, Field(gt=0, le=2)] = 0.15
    norms: Annotated[dict[Name, dict[Name, Correlation]], Field(max_length=50)] = {}

    @model_validator(mode="after")
    def _rho_where_it_is_used(self) -> Self:
        if self.within_sample == "constant" and self.rho is None:
            raise ValueError('within_sample = "constant" needs rho, for example rho = 0.6')
        if self.within_sample != "constant" and self.rho is not None:
            raise ValueError(f'rho has no meaning with within_sample = "{self.within_sample}"; '
                             'write within_sample = "constant"')  # fmt: skip
        return self

    @model_validator(mode="after")
    def _norms_are_pairs(self) -> Self:
        for column, norms in self.norms.items():
            for key in norms:
                sides = [side.strip() for side in key.split("~")]
                if key != "default" and (len(sides) != 2 or not all(sides)):
                    raise ValueError(
                        f'norms.{column}: {key!r} names no pair; write "task ~ goal" or default'
                    )
        return self


def _default(family: str, because: str, **parameters: float) -> Prior:
    return Prior(family, because=because, **parameters)


class Rope(Table):
    """Regions of practical equivalence, half-widths on r."""

    effect_r: Annotated[Number, Field(gt=0, lt=1)] = ROPE_EFFECT_R
    difference_r: Annotated[Number, Field(gt=0, lt=1)] = ROPE_DIFFERENCE_R


class Eta(Table):
    """Prior of a correlation matrix R: density proportional to |R|^(eta - 1) (LKJ)."""

    eta: Annotated[Number, Field(ge=1, le=1e3)] = 2.0
    because: Text = "Two is mildly sceptical of correlations near -1 and 1; 1 is uniform."


class Priors(Table):
    """Priors on the analysis scale (z for correlations); taus are standard deviations."""

    location: PriorField = _default(
        "normal",
        "Weakly informative on Fisher's z: 95 % of true correlations between -.75 and .75.",
        mean=0.0,
        sd=0.5,
    )
    differences: PriorField = _default(
        "normal",
        "Two levels of a moderator rarely differ by more than .5 on z.",
        mean=0.0,
        sd=0.25,
    )
    tau_sample: PriorField = _default(
        "half_normal",
        "Median .17 and 95 % below .49 on z; surveys of psychological meta-analyses find .10-.21.",
        scale=0.25,
    )
    tau_effect: PriorField = _default(
        "half_normal",
        "Effects of one sample share people and setting: about half as variable as samples.",
        scale=0.15,
    )
    tau_group: PriorField = _default(
        "half_normal",
        "Samples of one study or team share methods and setting; groups are expected to differ "
        "less than samples do: median .10 and 95 % below .29 on z.",
        scale=0.15,
    )
    rho: PriorField = _default(
        "beta",
        "Scales of one questionnaire correlate .5 to .9 and their sampling errors nearly as much.",
        a=14.0,
        b=6.0,
    )
    scale_correlation: Eta = Eta()
    df: PriorField = _default(
        "gamma",
        "Gamma(2, .1) as in Juárez & Steel (2010), moved to start at 2 so that a standard "
        "deviation exists: half below 18.8, 95 % above 5.6, heavy tails and nearly normal ones.",
        shape=2.0,
        rate=0.1,
        lower=2.0,
    )
    scale: PriorField = _default(
        "normal",
        "The heterogeneity at two levels of a moderator, or one unit apart, rarely differs by more "
        "than a factor of 2.7 (exp(2 x 0.5)); a factor of 1.65 (exp(0.5)) is one sd.",
        mean=0.0,
        sd=0.5,
    )
    shrinkage: PriorField | None = None
    tau_total: PriorField | None = None
    share: PriorField | None = None

    @model_validator(mode="after")
    def _total_and_share(self) -> Self:
        if (self.tau_total is None) != (self.share is None):
            raise ValueError("priors.tau_total and priors.share go together; give both or neither")
        if self.share is not None and (
            self.share.family not in ("beta", "uniform")
            or self.share.parameters["lower"] != 0
            or self.share.parameters["upper"] != 1
        ):
            raise ValueError("priors.share must be beta or uniform between 0 and 1")
        return self

    @model_validator(mode="after")
    def _families_where_they_belong(self) -> Self:
        for name in ("location", "differences", "scale"):
            if getattr(self, name).family not in ("normal", "flat")[: 1 + (name != "scale")]:
                either = "" if name == "scale" else " or flat"
                raise ValueError(f"priors.{name} must be normal (mean, sd){either}")
        if self.differences.family == "flat" and self.shrinkage is not None:
            raise ValueError(
                "priors.shrinkage shrinks the sd of differences; a flat prior has none"
            )
        for name in ("differences", "scale"):
            if getattr(self, name).parameters.get("mean", 0) != 0:
                raise ValueError(f"priors.{name} must have mean 0: levels are exchangeable")
        if self.rho.support == "real" or not -1 <= float(self.rho.quantile(0)) < 1:
            raise ValueError("priors.rho must lie between -1 and 1 (it is a correlation)")
        if not float(self.rho.quantile(1)) <= 1:
            raise ValueError("priors.rho must lie between -1 and 1 (it is a correlation)")
        if self.df.support == "real" or not float(self.df.quantile(0)) >= 1:
            raise ValueError(
                "priors.df must lie above 1 (below, a t has no mean); a gamma or a beta takes "
                "lower, for example lower = 2"
            )
        for name in ("tau_sample", "tau_effect", "tau_group", "tau_total", "shrinkage"):
            prior = getattr(self, name)
            if prior is None:
                continue
            if prior.support == "point":
                if prior.parameters["value"] < 0:
                    raise ValueError(f"priors.{name}: a standard deviation cannot be negative")
            elif prior.support == "real" or float(prior.cdf(-1e-12)) > 0:
                raise ValueError(
                    f"priors.{name} must have no mass below 0 (it is a standard deviation)"
                )
        return self


class Benchmark(Table):
    """A published correlation to hold a coefficient against, with its own uncertainty."""

    name: Name
    coefficient: Name
    r: Correlation
    lower: Correlation | None = None
    upper: Correlation | None = None
    probability: Probability = 0.95
    topic: Text = ""
    source: Text = ""

    @model_validator(mode="after")
    def _limits_come_in_pairs(self) -> Self:
        if (self.lower is None) != (self.upper is None):
            raise ValueError("give both lower and upper, or neither")
        if (
            self.lower is not None
            and self.upper is not None
            and not (self.lower < self.r < self.upper)
        ):
            raise ValueError(
                f"lower < r < upper does not hold ({self.lower}, {self.r}, {self.upper})"
            )
        return self


class Alternative(Table):
    """A named variation for sensitivity analyses: key paths and their other values."""

    name: Name
    because: Text = ""
    change: dict[Name, str | Truth | Whole | Number | dict[Name, str | Whole | Number]]


class Run(Table):
    """How the posterior is computed."""

    engine: Literal["auto", "exact", "importance", "nuts"] = "auto"
    seed: Annotated[Whole, Field(ge=0, lt=2**32)] = 1
    chains: Annotated[Whole, Field(ge=1, le=64)] = 4
    draws: Annotated[Whole, Field(ge=50, le=1_000_000)] = 2_000
    tune: Annotated[Whole, Field(ge=50, le=1_000_000)] = 1_000
    target_accept: Annotated[Number, Field(gt=0.5, lt=1)] = 0.9
    parametrization: Literal["marginal", "hierarchical"] = "marginal"
    sampler: Literal["nutpie", "pymc"] = "nutpie"
    tolerance: Annotated[float, Field(ge=1e-10, le=0.1)] = 1e-5


class Alias(Table):
    """A named use of a parametrised file."""

    moderator: Name
    unit: Annotated[Number, Field(gt=0, le=1e9)] | None = None
    question: Text = ""
