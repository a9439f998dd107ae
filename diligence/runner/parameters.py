"""Notebook parameters: refused by name, type and range before a kernel starts."""

from __future__ import annotations

import ast
import difflib
import io
import json
import math
import os
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diligence.errors import InputError, Problem

KINDS: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
KIND_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
}

RANGE_COMMENT = re.compile(r"\[\s*([^,\]]+?)\s*,\s*([^,\]]+?)\s*\]\s*(.*)")
CHOICE_COMMENT = re.compile(r"\{([^}]*)\}\s*(.*)")


@dataclass(frozen=True)
class NotebookParameter:
    """One line of a notebook's cell tagged ``parameters``.

    Attributes
    ----------
    name, kind, default
        As annotated; `kind` is one of ``str``, ``int``, ``float``, ``bool``.
    optional
        Whether ``None`` is accepted (annotated ``... | None``).
    low, high
        Inclusive range of a number; infinite when the comment names none.
    choices
        Allowed values; empty when the comment names none.
    help
        The rest of the comment.
    row
        1-based line in the cell.
    """

    name: str
    kind: str
    default: str | int | float | bool | None
    optional: bool
    low: float
    high: float
    choices: tuple[str, ...]
    help: str
    row: int

    def accepts(self, value: object) -> bool:
        """Whether a value has the type and lies in the range or set."""
        if value is None:
            return self.optional
        if not self._has_kind(value):
            return False
        if self.choices:
            return str(value) in self.choices
        return not isinstance(value, int | float) or self.low <= value <= self.high

    def expectation(self) -> str:
        """What has to stand there, in words an analyst reads."""
        wanted = KIND_WORDS[self.kind]
        if self.choices:
            wanted = "one of " + ", ".join(self.choices)
        elif math.isfinite(self.low) or math.isfinite(self.high):
            wanted = f"{wanted} from {self.low:g} to {self.high:g}"
        if self.optional:
            wanted += " or None"
        return f"{wanted} ({self.help})" if self.help else wanted

    def _has_kind(self, value: object) -> bool:
        if isinstance(value, bool) or self.kind == "bool":
            return isinstance(value, bool) and self.kind == "bool"
        if self.kind == "float":
            return isinstance(value, int | float) and math.isfinite(value)
        return isinstance(value, KINDS[self.kind])


def read_parameters(notebook: Path) -> dict[str, NotebookParameter]:
    """Read what a notebook accepts from its own cell tagged ``parameters``.

    A line reads ``price_multiple_max: float = 10.0  # [1, 10] largest multiple charted``;
    ``{pdf, html}`` in place of the range lists the allowed values.

    Raises
    ------
    InputError
        If the notebook cannot be read, or a line of the cell is not of that form.
    """
    lines = _parameter_lines(notebook)
    comments = _trailing_comments(lines)
    parameters, problems = {}, []
    for statement in ast.parse(lines).body:
        try:
            parameter = _read_statement(statement, comments)
        except ValueError:
            problems.append(_unreadable_line(notebook, statement))
        else:
            parameters[parameter.name] = parameter
    if problems:
        raise InputError(f"The parameters cell of {notebook.name} cannot be read.", problems)
    return parameters


def check_parameters(notebook: Path, parameters: Mapping[str, object]) -> dict[str, Any]:
    """Check the values meant for a notebook, all of them, before anything runs.

    Parameters
    ----------
    notebook
        Notebook whose cell tagged ``parameters`` says what is accepted.
    parameters
        Values by name; paths are passed on as text, whole numbers as ``float`` where one is wanted.

    Returns
    -------
    dict
        The given values, ready for papermill, in the order of the notebook's cell.

    Raises
    ------
    InputError
        With one problem a parameter: unknown name (with near match), wrong type, out of range.
    """
    known = read_parameters(notebook)
    values = {name: _plain(value) for name, value in parameters.items()}
    problems = [
        problem
        for name, value in values.items()
        if (problem := _find_problem(notebook.name, name, value, known))
    ]
    if problems:
        raise InputError(f"{notebook.name} cannot be run with these parameters.", problems)
    return {name: _as_kind(values[name], known[name]) for name in known if name in values}


def _find_problem(
    notebook: str, name: str, value: object, known: Mapping[str, NotebookParameter]
) -> Problem | None:
    if name not in known:
        return Problem(notebook, 0, name, f"{name!r}={value!r}", _suggest(name, list(known)))
    parameter = known[name]
    if parameter.accepts(value):
        return None
    return Problem(notebook, parameter.row, name, repr(value), parameter.expectation())


def _suggest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"a parameter of the notebook; did you mean {near[0]}?"
    return "one of " + ", ".join(known) if known else "no parameters: the notebook has none"


def _plain(value: object) -> object:
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _as_kind(value: object, parameter: NotebookParameter) -> object:
    return float(value) if parameter.kind == "float" and isinstance(value, int) else value


def _parameter_lines(notebook: Path) -> str:
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except FileNotFoundError:
        raise InputError(f"Notebook {notebook.name!r} does not exist; check the path.") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"{notebook.name!r} is not a version 4 notebook; open and save it in JupyterLab."
        ) from None
    for cell in cells:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            return "".join(cell["source"])
    return ""


def _trailing_comments(lines: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(lines).readline)
    return {
        token.start[0]: token.string.lstrip("# ").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _read_statement(statement: ast.stmt, comments: Mapping[int, str]) -> NotebookParameter:
    match statement:
        case ast.AnnAssign(
            target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value
        ):
            kind, *others = ast.unparse(annotation).split(" | ")
        case _:
            raise ValueError(ast.unparse(statement))
    if kind not in KINDS or others not in ([], ["None"]):
        raise ValueError(ast.unparse(annotation))
    low, high, choices, text = _read_comment(comments.get(statement.end_lineno or 0, ""), kind)
    return NotebookParameter(
        name=name,
        kind=kind,
        default=ast.literal_eval(value),
        optional=others == ["None"],
        low=low,
        high=high,
        choices=choices,
        help=text,
        row=statement.lineno,
    )


def _read_comment(comment: str, kind: str) -> tuple[float, float, tuple[str, ...], str]:
    if kind in ("int", "float") and (limits := RANGE_COMMENT.fullmatch(comment)):
        return float(limits[1]), float(limits[2]), (), limits[3]
    if choice := CHOICE_COMMENT.fullmatch(comment):
        return (
            -math.inf,
            math.inf,
            tuple(item.strip() for item in choice[1].split(",")),
            choice[2],
        )
    return -math.inf, math.inf, (), comment


def _unreadable_line(notebook: Path, statement: ast.stmt) -> Problem:
    return Problem(
        notebook.name,
        statement.lineno,
        "parameters",
        repr(ast.unparse(statement)),
        "name: type = value  # [low, high] meaning, with type str, int, float or bool",
    )
