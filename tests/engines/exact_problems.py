"""Designs made by hand, with random data of every kind that could embarrass a quadrature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bayes_alliance.spec.design import Design
from bayes_alliance.spec.prior import Prior


def made_design(
    y,
    variances,
    starts,
    *,
    X=None,
    covariances=None,
    tau_sample: Prior | None,
    tau_effect: Prior | None,
    location_sd=1.0,
    difference_sd=0.5,
    prior_mean=0.0,
):
    """A design without names that matter: its arrays are what the engine reads."""
    y, starts = np.asarray(y, float), np.asarray(starts, np.intp)
    X = np.ones((len(y), 1)) if X is None else np.asarray(X, float)
    p = X.shape[1]
    sample_ids = tuple(f"sample {i}" for i in range(len(starts)))
    return Design(
        y=y,
        X=X,
        coefficients=tuple(f"b{a}" for a in range(p)),
        sample_ids=sample_ids,
        effect_ids=tuple(f"effect {j}" for j in range(len(y))),
        starts=starts,
        variances=np.asarray(variances, float),
        covariances=covariances,
        rows=np.arange(len(y), dtype=np.intp),
        measure="GEN",
        prior_mean=np.full(p, float(prior_mean)),
        prior_location=np.full(p, float(location_sd)),
        prior_differences=np.zeros((1, 0)) if p == 1 else difference_sd / np.sqrt(2) * np.eye(p),
        tau_sample=tau_sample,
        tau_effect=tau_effect,
        shrinkage=None,
        censored_at=np.full(len(y), np.nan),
        terms=(),
        quantities=(),
        contrasts=(),
    )


def without_sample(design: Design, i: int) -> Design:
    """The design of the other samples."""
    kept = design.sample_index != i
    sizes = np.delete(np.diff(design.starts, append=len(design.y)), i)
    covariances = design.covariances
    if covariances is not None:
        covariances = tuple(V for j, V in enumerate(covariances) if j != i)
    return replace(
        design,
        y=design.y[kept],
        X=design.X[kept],
        sample_ids=tuple(np.delete(design.sample_ids, i)),
        effect_ids=tuple(np.array(design.effect_ids, object)[kept]),
        starts=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp),
        variances=design.variances[kept],
        covariances=covariances,
        rows=design.rows[kept],
        censored_at=design.censored_at[kept],
    )


def random_prior(rng, unit: float = 0.2) -> Prior:
    """Any family that a standard deviation can have, with a scale about the unit."""
    s = unit * float(np.exp(rng.normal(0, 0.7)))
    families: list[Callable[[], Prior]] = [
        lambda: Prior("half_normal", scale=s),
        lambda: Prior("half_cauchy", scale=s),
        lambda: Prior("half_t", df=float(rng.choice([2, 3, 4, 10])), scale=s),
        lambda: Prior("inverse_gamma", shape=float(rng.choice([0.5, 1, 2, 5])), scale=s),
        lambda: Prior("lognormal", mu=float(np.log(s)), sigma=float(rng.uniform(0.3, 2))),
        lambda: Prior("uniform", lower=0, upper=float(rng.choice([2, 10, 50])) * s),
        lambda: Prior("uniform", lower=0.3 * s, upper=3 * s),
        lambda: Prior("exponential", scale=s),
        lambda: Prior("lomax", c=float(rng.choice([1, 2, 5])), scale=s),
        lambda: Prior("beta", a=float(rng.choice([1, 2, 3.5])), b=float(rng.choice([1, 2, 6])),
                      lower=0, upper=4 * s),
        lambda: Prior("beta", a=2, b=3, lower=s, upper=5 * s),
        lambda: Prior("half_t", df=0.3, scale=s),
        lambda: Prior("lomax", c=0.2, scale=s),
    ]  # fmt: skip
    return families[int(rng.integers(len(families)))]()


@dataclass
class Recipe:
    """What a kind of problem is made of; the defaults are an ordinary meta-analysis."""

    samples: tuple[int, int] = (4, 40)
    effects: tuple[int, int] = (1, 6)
    log_v: tuple[float, float] = (-5.0, -2.5)
    taus: tuple[float, float] = (0.15, 0.1)
    coefficients: int = 1
    rho: float = 0.0
    location_sd: float = 0.5
    unit: float = 0.2
    priors: tuple[str, ...] = ()
    absent: bool = True


#: The kinds of problems; what a recipe does not say is ordinary.
KINDS: dict[str, Recipe] = {
    "ordinary": Recipe(),
    "piled up at zero": Recipe(samples=(3, 25), log_v=(-3, -1), taus=(0.0, 0.0)),
    "huge taus": Recipe(samples=(3, 25), taus=(20.0, 5.0), unit=5.0, location_sd=10.0),
    "two effects": Recipe(samples=(1, 2), effects=(1, 2)),
    "one effect": Recipe(samples=(1, 1), effects=(1, 1)),
    "every sample one effect": Recipe(samples=(3, 60), effects=(1, 1), absent=False),
    "very wide priors": Recipe(samples=(2, 15), unit=50.0, location_sd=100.0),
    "few samples, heavy tails": Recipe(
        samples=(2, 4), priors=("half_cauchy", "half_t", "lomax", "inverse_gamma")
    ),
    "nearly equal effects": Recipe(log_v=(-3, -2), taus=(1e-9, 1e-9)),
    "very precise effects": Recipe(log_v=(-13.8, -13.8)),
    "precise and imprecise": Recipe(samples=(3, 12), log_v=(-12, 1)),
    "very imprecise effects": Recipe(log_v=(0.5, 3)),
    "several coefficients": Recipe(coefficients=4, effects=(2, 6)),
    "correlated errors": Recipe(effects=(2, 5), rho=0.7, coefficients=2),
    "nearly collinear errors": Recipe(samples=(3, 15), effects=(2, 5), rho=0.99),
    "prior against data": Recipe(samples=(3, 30), taus=(1.0, 0.5), unit=0.01),
    "tiny priors": Recipe(unit=1e-6),
    "one large sample among few": Recipe(samples=(2, 5), effects=(1, 40), log_v=(-9, -2)),
}


def random_design(kind: str, rng: np.random.Generator) -> Design:
    """A random problem of a kind."""
    recipe = KINDS[kind]
    samples = int(rng.integers(recipe.samples[0], recipe.samples[1] + 1))
    low, high = recipe.effects
    sizes = rng.integers(low, high + 1, samples)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    k = int(sizes.sum())
    variances = np.exp(rng.uniform(*recipe.log_v, k))
    correlation = [recipe.rho + (1 - recipe.rho) * np.eye(m) for m in sizes]
    sds = np.split(np.sqrt(variances), starts[1:])
    covariances = tuple(R * np.outer(sd, sd) for R, sd in zip(correlation, sds, strict=True))
    p = recipe.coefficients
    X = np.ones((k, 1)) if p == 1 else np.eye(p)[rng.integers(0, p, k)]
    errors = np.concatenate([rng.multivariate_normal(np.zeros(len(V)), V) for V in covariances])
    between = np.repeat(rng.normal(0, recipe.taus[0], samples), sizes)
    y = X @ rng.normal(0.2, 0.15, p) + between + rng.normal(0, recipe.taus[1], k) + errors
    if kind == "nearly equal effects":
        y = 0.21 + rng.normal(0, 1e-7, k)
    taus: list[Prior | None] = [_prior_of(recipe, rng) for _ in range(2)]
    if recipe.absent and rng.random() < 0.25:  # one level off, or fixed at a value
        off = [None, Prior("point", value=0.0), Prior("point", value=0.1)]
        taus[int(rng.integers(2))] = off[int(rng.integers(3))]
    return made_design(
        y,
        variances,
        starts,
        X=X,
        covariances=covariances if recipe.rho else None,
        tau_sample=taus[0],
        tau_effect=taus[1],
        location_sd=recipe.location_sd,
    )


def _prior_of(recipe: Recipe, rng: np.random.Generator) -> Prior:
    while True:
        prior = random_prior(rng, recipe.unit)
        if not recipe.priors or prior.family in recipe.priors:
            return prior


def random_problems(size: int, seed: int = 20) -> list[tuple[str, Design]]:
    """The first `size` problems, the kinds in turn; a shorter list is the start of a longer one."""
    kinds = list(KINDS)
    return [
        (
            kinds[i % len(kinds)],
            random_design(kinds[i % len(kinds)], np.random.default_rng([seed, i])),
        )
        for i in range(size)
    ]
