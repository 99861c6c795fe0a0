"""A fit in one netCDF file: the posterior's tree, the table and the specification, without loss."""

from __future__ import annotations

import json
import os
from pathlib import Path

from bayes_alliance.data.stored import effects_from_dict, effects_to_dict
from bayes_alliance.engines.fitted import Fitted
from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import SCHEMA
from bayes_alliance.posterior.posterior import Posterior
from bayes_alliance.posterior.provenance import Provenance
from bayes_alliance.posterior.quadrature import QuadraturePosterior
from bayes_alliance.posterior.stored import grid_from_dataset, grid_to_dataset
from bayes_alliance.posterior.tree import add_group
from bayes_alliance.spec.compilation import compile_design
from bayes_alliance.spec.specification import Specification

__all__ = ["read_archive", "write_archive"]

FILE_IN_FOLDER = "fit.nc"

#: Group of the file that holds the nodes of a quadrature.
GRID_GROUP = "quadrature"
_ATTRIBUTES = {"bayes_alliance_schema", "effects", "specification", "provenance", "evidence"}


def write_archive(fitted: Fitted, path: Path, *, overwrite: bool = False) -> Path:
    """Write a fit to a netCDF file, at once or not at all.

    Parameters
    ----------
    fitted : Fitted
        The fit.
    path : Path
        File to be written.
    overwrite : bool
        Whether an existing file may be replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the file exists already or cannot be written.
    """
    if os.path.lexists(path) and not overwrite:
        raise InputError(
            Problem(
                what="the file exists already",
                where=str(path),
                cure="Choose another name, or allow overwriting (overwrite=True)",
                code="file_exists",
            )
        )
    tree = fitted.posterior.tree.copy()
    posterior = fitted.posterior
    if posterior.grid is not None:
        add_group(tree, GRID_GROUP, grid_to_dataset(posterior.grid))
    tree.attrs = {
        "bayes_alliance_schema": SCHEMA,
        "effects": json.dumps(effects_to_dict(fitted.effects)),
        "specification": json.dumps(fitted.specification.to_dict()),
        "provenance": posterior.provenance.to_json(),
        "evidence": json.dumps(
            [posterior.log_marginal_likelihood, posterior.log_marginal_likelihood_error]
        ),
    }
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tree.to_netcdf(partial, engine="h5netcdf")
        partial.replace(path)
    except OSError as error:
        raise InputError(
            Problem(
                what=f"the fit cannot be written ({error.strerror or error})",
                where=str(path),
                cure="Check the folder and the free space",
                code="unwritable",
            )
        ) from None
    finally:
        if os.path.lexists(partial):
            partial.unlink()
    return path


def read_archive(path: Path) -> Fitted:
    """Read a fit written by `write_archive`.

    Parameters
    ----------
    path : Path
        The file, or a folder that has it as ``fit.nc``.

    Returns
    -------
    Fitted
        The fit; the design is compiled anew from table and specification.

    Raises
    ------
    InputError
        If it is no saved fit, or of a newer version.
    """
    import xarray as xr

    # Unlike Path.is_dir, this does not raise on a name that is too long.
    path = path / FILE_IN_FOLDER if os.path.isdir(path) else path  # noqa: PTH112
    try:
        with xr.open_datatree(path, engine="h5netcdf") as opened:
            tree = opened.load()
    except FileNotFoundError:
        raise _no_archive(path, "there is no such file") from None
    except (OSError, ValueError) as error:
        raise _no_archive(path, f"this is no saved fit ({error})") from None
    attributes = tree.attrs
    if _ATTRIBUTES - set(attributes):
        raise _no_archive(path, "this is a netCDF file, but no saved fit")
    if attributes["bayes_alliance_schema"] != SCHEMA:
        problem = Problem(
            what=f"the file has version {attributes['bayes_alliance_schema']} of the format; "
            f"this version reads {SCHEMA}",
            where=str(path), cure="Update bayes_alliance", code="archive_version",
        )  # fmt: skip
        raise InputError(problem)
    tree.attrs = {}
    effects = effects_from_dict(json.loads(attributes["effects"]))
    specification = Specification.from_dict(
        json.loads(attributes["specification"]), where=str(path)
    )
    design = compile_design(effects, specification)
    log_ml, error_ml = json.loads(attributes["evidence"])
    grid = None
    if GRID_GROUP in tree.children:
        grid = grid_from_dataset(tree[GRID_GROUP].dataset)
        tree = tree.filter(lambda node: node.name != GRID_GROUP)
    kind = Posterior if grid is None else QuadraturePosterior
    posterior = kind(
        tree=tree,
        grid=grid,
        blocks=design.blocks(),
        provenance=Provenance.from_json(attributes["provenance"]),
        log_marginal_likelihood=log_ml,
        log_marginal_likelihood_error=error_ml,
    )
    return Fitted(effects, specification, design, posterior)


def _no_archive(path: Path, what: str) -> InputError:
    return InputError(
        Problem(
            what=what,
            where=str(path),
            cure="Give a file written by fit.save or a folder of fit --out",
            code="no_archive",
        )
    )
