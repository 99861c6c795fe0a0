"""Log density of a PyMC model at a given point."""

from __future__ import annotations

import numpy as np
import pytensor


def pymc_log_density(model, given, jacobian=False):
    # Interpreted, not compiled: each density is evaluated a few times only.
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        return float(model.compile_logp(jacobian=jacobian)(_unconstrained(model, given)))


def _unconstrained(model, given):
    point = {}
    for variable, value in model.rvs_to_values.items():
        if variable.name not in given:
            continue
        transform = model.rvs_to_transforms[variable]
        natural = np.asarray(given[variable.name], float)
        if transform is None:
            point[value.name] = natural
        else:
            moved = transform.forward(natural, *variable.owner.inputs)
            point[value.name] = np.asarray(moved.eval(), float)
    return point
