"""Turn what pydantic finds wrong into messages with file, key path and the nearest valid key."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from bayes_alliance.errors import InputError, Problem

__all__ = ["validated"]

#: A file with more mistakes than this is another kind of file.
MOST_FINDINGS = 100
LONGEST_KEY = 80


def validated[T: BaseModel](model: type[T], tables: Mapping[str, Any], *, where: str) -> T:
    """Validate nested tables against a model of pydantic.

    Parameters
    ----------
    model : type
        A pydantic model.
    tables : mapping
        What was read.
    where : str
        Name of the file, for messages.

    Returns
    -------
    BaseModel
        An instance of `model`.

    Raises
    ------
    InputError
        One problem for each finding.
    """
    try:
        return model.model_validate(tables)
    except ValidationError as error:
        findings = error.errors(include_url=False, include_context=False)
        problems = [_problem(model, finding, where) for finding in findings[:MOST_FINDINGS]]
        if len(findings) > MOST_FINDINGS:
            problems.append(
                Problem(what=f"{len(findings) - MOST_FINDINGS} more problems", where=where,
                        cure="Is this a specification? models/README.md is the schema",
                        code="more_problems")
            )  # fmt: skip
        raise InputError(problems) from None


def _problem(model: type[BaseModel], finding: Any, where: str) -> Problem:
    location = tuple(finding["loc"])
    path = ".".join(str(part)[:LONGEST_KEY] for part in location)
    place = f"{where}, key {path}" if path else where
    if finding["type"] == "extra_forbidden":
        valid = _fields_at(model, location[:-1])
        near = get_close_matches(str(location[-1]), valid, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        return Problem(
            what=f"unknown key {str(location[-1])[:LONGEST_KEY]!r}",
            where=place,
            cure=f"{hint}Allowed here: {', '.join(valid) or 'nothing'}",
            code="unknown_key",
        )
    message = str(finding["msg"]).removeprefix("Value error, ")
    value = finding["input"]
    shown = f"; it is {value!r}" if isinstance(value, str | int | float | bool) else ""
    return Problem(what=f"{message}{shown}"[:500], where=place, code="bad_value",
                   cure="models/README.md lists what each key takes")  # fmt: skip


def _fields_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Names of the keys allowed at a path of the schema."""
    current: type[BaseModel] = model
    for part in path:
        if isinstance(part, int) or part not in current.model_fields:
            continue
        found = _model_in(current.model_fields[str(part)].annotation)
        if found is None:
            return []
        current = found
    return list(current.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
