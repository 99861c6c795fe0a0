"""The worked example: overall, scales and moderators of the synthetic data, by NUTS."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from bayes_alliance.analysis.face import Fit
from bayes_alliance.analysis.fit import fit
from bayes_alliance.analysis.folder import MARKER, refuse_existing
from bayes_alliance.analysis.sources import effects_from
from bayes_alliance.names import SCHEMA
from bayes_alliance.report.text import moderator_text

__all__ = ["DEMO_MODELS", "run_demo"]

DEMO_DATA = "ibi_synthetic"
MAIN_MODELS = ("overall", "subscales")
MODERATOR_MODELS = (
    "moderator_diagnosis",
    "moderator_rater",
    "moderator_f2f_contact",
    "moderator_approach",
    "moderator_year",
    "moderator_country",
    "moderators_all",
)
DEMO_MODELS = MAIN_MODELS + MODERATOR_MODELS
QUICK_MODELS = ("overall", "subscales", "moderator_f2f_contact")


def run_demo(
    out: Path,
    *,
    quick: bool = False,
    overwrite: bool = False,
    seed: int = 1,
    say: Callable[[str], None] = print,
) -> None:
    """Run the worked example and write a folder with a sub-folder for each model.

    Parameters
    ----------
    out : Path
        Folder for the results.
    quick : bool
        Three models and few draws, for a first look.
    overwrite : bool
        Whether results of an earlier run may be replaced.
    seed : int
        Seed of every fit.
    say : callable
        Where the text goes.

    Raises
    ------
    InputError
        If the folder may not be written.
    """
    refuse_existing(out, overwrite=overwrite)
    effects = effects_from(DEMO_DATA)
    names = QUICK_MODELS if quick else DEMO_MODELS
    settings: dict[str, object] = {"run.seed": seed, "run.engine": "nuts"}
    if quick:
        settings |= {"run.draws": 250, "run.tune": 300, "run.chains": 2}
    say(f"{effects!r}\n")
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    told: list[str] = []
    moderators: list[Fit] = []
    try:
        for step, name in enumerate(names, start=1):
            say(f"[{step}/{len(names)}] {name}: sampling")
            fitted = fit(effects, name, changes=settings, progress=False)
            fitted.write(partial / name)
            if name in MAIN_MODELS:
                told.append(str(fitted))
                say("\n" + told[-1])
            else:
                moderators.append(fitted)
        told.append(moderator_text([(m.fitted, m.answers, m.checks) for m in moderators]))
        say("\n" + told[-1])
        (partial / "summary.txt").write_text("\n\n".join(told), encoding="utf-8")
        marker = {"program": "bayes_alliance", "schema": SCHEMA, "what": "demo"}
        (partial / MARKER).write_text(json.dumps(marker), encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    say(f"Tables, figures and the fits themselves are in {out}{os.sep}")
    say("Next: bayes-alliance fit crede2010 --model overall   (real data)")
    say("      bayes-alliance check YOUR.csv; bayes-alliance fit YOUR.csv --model overall")
