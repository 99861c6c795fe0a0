"""Where the numbers of a report come from."""

from __future__ import annotations

from bayes_alliance.report.checklists.commands import refit_command
from bayes_alliance.report.checklists.told import joined
from bayes_alliance.report.material import Material
from bayes_alliance.report.numbers import decimal

__all__ = ["provenance"]


def provenance(material: Material) -> tuple[tuple[str, str], ...]:
    """List what made the numbers: data, specification, program, platform, seed, command.

    Parameters
    ----------
    material : Material
        The analysis.

    Returns
    -------
    tuple of (str, str)
        Labels and values. All of them are stored with the fit: the same fit gives the same list,
        whenever and wherever it is asked for.
    """
    fitted = material.fitted
    effects, spec, made = fitted.effects, fitted.specification, fitted.posterior.provenance
    versions = dict(made.versions)
    python, platform = versions.pop("python", ""), versions.pop("platform", "")
    reported, guess = effects.correlations, refit_command(material)
    pairs = [
        ("Data", effects.name),
        ("SHA-256 of the data", effects.sha256 or "unknown"),
        ("SHA-256 of the reported correlations", "" if reported is None else reported.sha256),
        ("Source of the data", effects.citation),
        ("Notice", effects.notice),
        ("Specification", spec.name),
        ("SHA-256 of the specification", spec.sha256),
        ("Engine", made.engine),
        ("Settings", ", ".join(f"{name} {_plain(value)}" for name, value in made.settings.items())),
        *((f"Declined: {name}", reason) for name, reason in made.declined.items()),
        ("Seed", str(made.seed)),
        ("Wall time of the fit", f"{decimal(made.seconds, 1)} s"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("Python", python or "not recorded with this fit"),
        ("Platform", platform or "not recorded with this fit"),
        ("Sensitivity analyses", joined(list(material.variations)) or "none"),
        ("Command", material.command or f"not recorded; if nothing was changed: {guess}"),
    ]
    return tuple((label, value) for label, value in pairs if value)


def _plain(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
