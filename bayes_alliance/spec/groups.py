"""Groups that samples lie in: studies, research groups, countries, instruments.

Groups have effects g ~ N(0, tau_group^2) of their own. They are nested above the samples where
every sample lies in one group, and crossed with them where the effects of a sample lie in several.
What is independent given the parameters is then no longer a sample but a component: the samples
and groups that are linked with one another; under nested groups that is a group.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bayes_alliance.errors import InputError, Problem
from bayes_alliance.names import COMPONENT_ID, GROUP_ID, SAMPLE_ID
from bayes_alliance.spec.coding import level_labels, level_order
from bayes_alliance.spec.prior import Prior
from bayes_alliance.spec.specification import Specification

__all__ = ["SampleGroups", "Units", "group_notes", "groups_of", "refuse_missing_groups"]

#: Effects of one component: every evaluation of the density factorises a matrix of this size.
LARGEST_COMPONENT: Final = 500

FEW_GROUPS: Final = 5
#: Groups named in the label of a component.
NAMED: Final = 2


@dataclass(frozen=True, slots=True)
class Units:
    """The parts of the data that are independent given the parameters.

    Parameters
    ----------
    word : {"sample", "group", "component"}
        What they are called.
    dim : str
        Their dimension in the tree of a posterior.
    labels : tuple of str
        Labels of the U units.
    index : ndarray of int, shape (k,)
        Unit of each effect.
    """

    word: str
    dim: str
    labels: tuple[str, ...]
    index: NDArray[np.intp]

    @classmethod
    def samples(cls, labels: tuple[str, ...], index: NDArray[np.intp]) -> Units:
        """Units of a model without groups.

        Parameters
        ----------
        labels : tuple of str
            Labels of the samples.
        index : ndarray of int, shape (k,)
            Sample of each effect.

        Returns
        -------
        Units
            The samples themselves.
        """
        return cls("sample", SAMPLE_ID, labels, index)

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Number of effects in each unit, shape (U,)."""
        return np.bincount(self.index, minlength=len(self.labels))


@dataclass(frozen=True, slots=True)
class SampleGroups:
    """Groups of samples with effects of their own.

    Parameters
    ----------
    column : str
        Column that names the group.
    names : tuple of str
        The G groups.
    index : ndarray of int, shape (k,)
        Group of each effect size.
    component : ndarray of int, shape (k,)
        Component of each effect size: its group if nested, else numbered in the order of the rows.
    nested : bool
        Whether every sample lies in one group.
    tau : Prior
        Prior of the standard deviation between groups.
    """

    column: str
    names: tuple[str, ...]
    index: NDArray[np.intp]
    component: NDArray[np.intp]
    nested: bool
    tau: Prior

    def units(self) -> Units:
        """Groups where they are nested above the samples, else components.

        Returns
        -------
        Units
            What is independent given the parameters.
        """
        if self.nested:
            return Units("group", GROUP_ID, self.names, self.index)
        labels = []
        for c in range(int(self.component.max()) + 1):
            of = [self.names[g] for g in np.unique(self.index[self.component == c])]
            more = f" + {len(of) - NAMED} more" if len(of) > NAMED else ""
            labels.append(" + ".join(of[:NAMED]) + more)
        return Units("component", COMPONENT_ID, tuple(labels), self.component)

    def keep(self, rows: NDArray[np.bool_], sample_index: NDArray[np.intp]) -> SampleGroups:
        """Return the groups of some of the effects.

        Parameters
        ----------
        rows : ndarray of bool, shape (k,)
            Which effects are kept.
        sample_index : ndarray of int, shape (k,)
            Sample of each effect.

        Returns
        -------
        SampleGroups
            Without groups that have no effect left.
        """
        used, index = np.unique(self.index[rows], return_inverse=True)
        names = tuple(self.names[g] for g in used)
        return _linked(self.column, names, index.astype(np.intp), sample_index[rows], self.tau)


def _linked(
    column: str,
    names: tuple[str, ...],
    index: NDArray[np.intp],
    sample_index: NDArray[np.intp],
    tau: Prior,
) -> SampleGroups:
    """Find the components of samples and groups that share effects."""
    _, sample = np.unique(sample_index, return_inverse=True)
    size = len(names) + int(sample.max()) + 1
    links = coo_array((np.ones(len(index)), (index, len(names) + sample)), shape=(size, size))
    _, found = connected_components(links, directed=False)
    _, first, of = np.unique(found[index], return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    pairs = len(np.unique(np.column_stack([sample, index]), axis=0))
    nested = pairs == int(sample.max()) + 1
    component = index if nested else order[of].astype(np.intp)
    return SampleGroups(column, names, index, component, nested, tau)


def refuse_missing_groups(specification: Specification, columns: tuple[str, ...]) -> None:
    """Refuse groups whose column the table does not have, and priors that do not go with them.

    Parameters
    ----------
    specification : Specification
        Names the column.
    columns : tuple of str
        Columns of the table.

    Raises
    ------
    InputError
        If the column is not among them, or the priors are of a total and a share.
    """
    column = specification.heterogeneity.groups
    if column is None:
        return
    problems = []
    if column not in columns:
        near = get_close_matches(column, columns, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        problems.append(
            Problem(
                what=f"the table has no column {column!r}, which shall name the groups of samples",
                where="heterogeneity.groups",
                cure=f"{hint}Columns: {', '.join(columns) or 'none besides the effects'}",
                code="missing_groups",
            )
        )
    if specification.priors.tau_total is not None:
        problems.append(
            Problem(
                what="a total and a share are of two levels, and groups are a third",
                where="priors.tau_total",
                cure="Give priors.tau_group, priors.tau_sample and priors.tau_effect, or leave "
                "heterogeneity.groups out",
                code="share_of_groups",
            )
        )
    if problems:
        raise InputError(problems)


def groups_of(
    frame: pd.DataFrame, starts: NDArray[np.intp], specification: Specification
) -> SampleGroups | None:
    """Read the groups of samples off a table.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the analysis, the rows of a sample next to one another, none without a group.
    starts : ndarray of int, shape (S,)
        First row of each sample.
    specification : Specification
        Names the column and the prior.

    Returns
    -------
    SampleGroups or None
        None where the model has no groups, or their standard deviation is fixed at 0.

    Raises
    ------
    InputError
        If a component of linked samples and groups has more than 500 effects.
    """
    column, tau = specification.heterogeneity.groups, specification.priors.tau_group
    if column is None or (tau.support == "point" and tau.parameters["value"] == 0):
        return None
    labels = level_labels(frame[column])
    names = tuple(sorted(set(labels), key=level_order))
    position = {name: i for i, name in enumerate(names)}
    index = np.array([position[label] for label in labels], dtype=np.intp)
    sample_index = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(frame)))
    groups = _linked(column, names, index, sample_index, tau)
    sizes = np.bincount(groups.component)
    if sizes.max() > LARGEST_COMPONENT:
        linked = len(np.unique(index[groups.component == int(sizes.argmax())]))
        raise InputError(
            Problem(
                what=f"{sizes.max()} effects hang together through the groups of {column!r} "
                f"({linked} group{'s' if linked > 1 else ''} linked by shared samples); at most "
                f"{LARGEST_COMPONENT} can be computed with",
                where="heterogeneity.groups",
                cure="Name a column with smaller groups, or make sample labels unique across "
                "groups if samples are numbered anew in each; or leave heterogeneity.groups out",
                code="component_too_large",
            )
        )
    return groups


def group_notes(
    groups: SampleGroups | None, starts: NDArray[np.intp], *, sample: bool
) -> list[str]:
    """Say what these data cannot tell about the groups.

    Parameters
    ----------
    groups : SampleGroups or None
        The groups, if the model has them.
    starts : ndarray of int, shape (S,)
        First effect of each sample.
    sample : bool
        Whether the samples vary too.

    Returns
    -------
    list of str
        One note each; empty if there is nothing to say.
    """
    if groups is None:
        return []
    column, count = groups.column, len(groups.names)
    sample_index = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(groups.index)))
    pairs = np.unique(np.column_stack([sample_index, groups.index]), axis=0)
    notes = []
    if count == 1:
        return [
            f"The column {column!r} is constant ({groups.names[0]}): tau_group is not identified, "
            "its posterior is its prior, and the mean is less certain for it. Leave "
            "heterogeneity.groups out."
        ]
    if count < FEW_GROUPS:
        notes.append(
            f"Only {count} groups in {column!r}: the prior of tau_group largely decides how much "
            "groups differ. Vary it before you report."
        )
    if groups.nested and sample and len(pairs) == count:
        notes.append(
            f"Every group of {column!r} has one sample: tau_group and tau_sample are not "
            "identified apart, their priors decide the split (their total is identified). Leave "
            "heterogeneity.groups out."
        )
    if not groups.nested:
        several = int((np.bincount(pairs[:, 0]) > 1).sum())
        notes.append(
            f"Groups and samples are crossed: {several} sample{'s have' if several > 1 else ' has'}"
            f" effects in several groups of {column!r}. If samples are numbered anew in each "
            "group, make their labels unique first."
        )
    return notes
