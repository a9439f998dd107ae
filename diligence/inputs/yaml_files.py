"""YAML as analysts write it: read safely, every problem with its line, nothing raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args
from unicodedata import category

import yaml
from pydantic import BaseModel, BeforeValidator, RootModel, ValidationError
from pydantic_core import ErrorDetails

from diligence.inputs.problems import ProblemLog
from diligence.units import AmountError, PeriodError, parse_amount, parse_date

M = TypeVar("M", bound=BaseModel)
Location = tuple[str | int, ...]
LARGEST_BYTES = 500_000
DEEPEST_LEVEL = 20
MOST_DIGITS = 30
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_SHOWN_CHARACTERS = 60


@dataclass
class YamlDocument:
    """Plain content of a YAML file (texts, lists, dicts) and the line of each part.

    Every scalar stays the text that was written, so dates stay dates and decimals exact; an
    empty value counts as not written.
    """

    content: Any
    lines: dict[Location, int] = field(default_factory=dict)
    is_sound: bool = True

    def line_of(self, location: Location) -> int:
        """1-based line of the part, or of the nearest part around it."""
        for length in range(len(location), 0, -1):
            if location[:length] in self.lines:
                return self.lines[location[:length]]
        return self.lines.get((), 1)


def read_yaml(path: Path, *, name: str, log: ProblemLog, model: type[M]) -> M | None:
    """Read one YAML file into a closed model.

    Parameters
    ----------
    name
        The file's name in problems.
    log
        Takes every problem, with the line as row and the key path as column.
    model
        A pydantic model that forbids extra keys, or a ``RootModel`` of a list.

    Returns
    -------
    model or None
        None when the file has a problem; nothing is raised.
    """
    document = load_yaml(path, name=name, log=log)
    if document is None:
        return None
    read = validate(document, name=name, log=log, model=model)
    return read if document.is_sound else None


def read_yaml_list(
    path: Path, *, name: str, log: ProblemLog, item: type[M]
) -> tuple[tuple[int, M], ...]:
    """Read a YAML file that is one list; entries with problems are left out, one by one.

    Returns
    -------
    tuple of (int, model)
        The line each good entry starts on, and the entry.
    """
    document = load_yaml(path, name=name, log=log)
    if document is None:
        return ()
    if not isinstance(document.content, list):
        log.add(name, 1, "", _shown(document.content), "a list, each entry starting with '- '")
        return ()
    return tuple(_good_entries(document, name, log, item))


def validate(
    document: YamlDocument,
    *,
    name: str,
    log: ProblemLog,
    model: type[M],
    content: Any = None,
    under: Location = (),
) -> M | None:
    """Check a document, or the part of it under a location, against a model."""
    try:
        return model.model_validate(document.content if content is None else content)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _log_details(details, document, name, log, model, under)
    except RecursionError:
        log.add(name, 1, "", "values nested too deep", "a flat file as the template shows")
    return None


def load_yaml(path: Path, *, name: str, log: ProblemLog) -> YamlDocument | None:
    """Read a YAML file without a model; None when it is not readable YAML.

    A document with a doubled key or an unreadable text comes back not sound, so that its other
    problems can be found too; it must not be used.
    """
    text = read_text(path, name=name, log=log)
    if text is None:
        return None
    try:
        refusal = _refused_event(text)
        if refusal:
            log.add(name, refusal[0], "", refusal[1], refusal[2])
            return None
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        log.add(name, _line(error.problem_mark), "", *_syntax_words(error, text))
        return None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        found = str(error).splitlines()[0]
        log.add(name, 0, "", found, "a plain text file without control characters")
        return None
    if root is None:
        log.add(name, 0, "", "an empty file", "at least one key; the template shows which")
        return None
    document = YamlDocument(None)
    before = len(log.entries)
    document.content = _plain(root, (), document, name, log)
    document.is_sound = len(log.entries) == before
    return document


def read_text(path: Path, *, name: str, log: ProblemLog) -> str | None:
    """Read a small UTF-8 text file; a problem is logged, not raised."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        log.add(
            name, 0, "", f"a file that cannot be opened ({reason})", "a readable file; close it"
        )
        return None
    if len(data) > LARGEST_BYTES:
        log.add(name, 0, "", f"{len(data):,} bytes", f"at most {LARGEST_BYTES:,} bytes of text")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        found = f"byte 0x{data[error.start]:02x}, which is not UTF-8"
        log.add(name, row, "", found, "a text file saved as UTF-8")
        return None


def near_match(word: str, known: Iterable[str]) -> str:
    """Words for a message: the nearest match of a word, else all that is known.

    Examples
    --------
    >>> near_match("archtype", ["archetype", "company"])
    'archetype'
    """
    choices = {str(choice).lower(): str(choice) for choice in known}
    near = get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    if near:
        return choices[near[0]]
    return f"one of {', '.join(filter(None, choices.values()))}"


def parse_number(text: str) -> Decimal | None:
    """Read an amount of bookkeeping size; None when the text says that there is none.

    Raises
    ------
    AmountError
        When the text is no amount, or one beyond 30 digits, which no ledger holds.

    Examples
    --------
    >>> parse_number("(1,200)")
    Decimal('-1200')
    """
    too_long = f"{text!r} is not an amount of at most {MOST_DIGITS} digits"
    try:
        amount = parse_amount(text)
    except ArithmeticError as error:
        raise AmountError(too_long) from error
    if amount and not -MOST_DIGITS <= amount.adjusted() <= MOST_DIGITS:
        raise AmountError(too_long)
    return amount


def date_from_text(value: Any) -> Any:
    """Turn the text of a cell into a date that exists; for pydantic fields."""
    if not isinstance(value, str):
        return value
    try:
        return parse_date(value)
    except PeriodError as error:
        raise ValueError("a date that exists, written 2026-06-30") from error


def decimal_from_text(value: Any) -> Any:
    """Turn the text of a cell into an exact decimal; for pydantic fields."""
    if not isinstance(value, str):
        return value
    try:
        amount = parse_number(value)
    except AmountError as error:
        raise ValueError("a number such as 0.25 or 1,200.50") from error
    if amount is None:
        raise ValueError("a number such as 0.25; leave the key out when there is none")
    return amount


def bool_from_text(value: Any) -> Any:
    """Turn ``true`` or ``false`` into a boolean; for pydantic fields."""
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ValueError("true or false")


DateText = Annotated[date, BeforeValidator(date_from_text)]
DecimalText = Annotated[Decimal, BeforeValidator(decimal_from_text)]
BoolText = Annotated[bool, BeforeValidator(bool_from_text)]


def _good_entries(
    document: YamlDocument, name: str, log: ProblemLog, item: type[M]
) -> Iterator[tuple[int, M]]:
    for position, content in enumerate(document.content):
        line = document.line_of((position,))
        if content is None:
            log.add(name, line, f"[{position + 1}]", "an empty entry", "keys and values")
            continue
        entry = validate(
            document, name=name, log=log, model=item, content=content, under=(position,)
        )
        if entry is not None:
            yield line, entry


def _refused_event(text: str) -> tuple[int, str, str] | None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = _line(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            return line, f"the alias *{event.anchor}", "values written out, without aliases"
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        tag = getattr(event, "tag", None)
        if tag:
            return line, f"the tag {tag}", "plain values without a tag (a leading !)"
        if documents > 1:
            return line, "a second document (---)", "one document a file"
        if depth > DEEPEST_LEVEL:
            return line, f"more than {DEEPEST_LEVEL} levels", "a flat file as the template shows"
    return None


def _plain(
    node: yaml.Node, at: Location, document: YamlDocument, name: str, log: ProblemLog
) -> Any:
    document.lines.setdefault(at, _line(node.start_mark))
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(child, (*at, position), document, name, log)
            for position, child in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        return _plain_mapping(node, at, document, name, log)
    if getattr(node, "style", None) is None and node.value in _NULLS:
        return None
    text = str(node.value)
    if not _is_printable(text):
        log.add(name, _line(node.start_mark), key_path(at), _shown(text), "readable characters")
    return text


def _plain_mapping(
    node: yaml.MappingNode, at: Location, document: YamlDocument, name: str, log: ProblemLog
) -> dict[str, Any]:
    content: dict[str, Any] = {}
    first_lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = _line(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode) or not _is_printable(key_node.value):
            log.add(name, line, key_path(at), "a key that is no plain word", "key: value")
            continue
        key = str(key_node.value)
        where = (*at, key)
        if key in first_lines:
            found = f"the key {key!r} a second time (first in line {first_lines[key]})"
            log.add(name, line, key_path(where), found, "each key once")
            continue
        first_lines[key] = line
        document.lines[where] = line
        value = _plain(value_node, where, document, name, log)
        if value is not None:
            content[key] = value
    return content


def key_path(location: Location) -> str:
    """Write a location as an analyst finds it; entries of lists count from 1.

    Examples
    --------
    >>> key_path(("exposure", 0, "share"))
    'exposure[1].share'
    """
    path = ""
    for part in location:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _log_details(
    details: ErrorDetails,
    document: YamlDocument,
    name: str,
    log: ProblemLog,
    model: type[BaseModel],
    under: Location,
) -> None:
    location = _real_location((*under, *details["loc"]), document)
    found, expected = _words(details, model)
    log.add(name, document.line_of(location), key_path(location), found, expected)


def _real_location(location: Location, document: YamlDocument) -> Location:
    """Drop the parts pydantic adds for unions and dict keys; keep a missing last key."""
    real: Location = ()
    for position, part in enumerate(location):
        longer = (*real, part)
        if longer in document.lines or (position == len(location) - 1 and part != "[key]"):
            real = longer
    return real


def _words(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    kind, key = details["type"], str(details["loc"][-1]) if details["loc"] else ""
    if kind == "missing":
        return "nothing", f"the required key {key!r}"
    if kind == "extra_forbidden":
        known = _known_keys(model, details["loc"])
        return f"the unknown key {key!r}", f"a known key: {near_match(key, known)}"
    found = _shown(details["input"])
    context: Mapping[str, Any] = details.get("ctx", {})
    if kind in ("literal_error", "enum"):
        choices = [
            word.strip(" '") for word in str(context["expected"]).replace(" or ", ",").split(",")
        ]
        return found, near_match(str(details["input"]), choices)
    if kind == "value_error":
        return found, str(context["error"])
    return found, _plain_words(kind, details["msg"])


def _plain_words(kind: str, message: str) -> str:
    words = {
        "string_type": "a text",
        "list_type": "a list, each entry starting with '- '",
        "tuple_type": "a list, each entry starting with '- '",
        "dict_type": "keys and values",
        "model_type": "keys and values",
        "model_attributes_type": "keys and values",
        "int_parsing": "a whole number",
        "int_type": "a whole number",
    }
    lowered = message[:1].lower() + message[1:]
    return words.get(kind, lowered.replace("input should be ", "a value "))


def _known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """Field names of the model in which the unknown key stands."""
    current: type[BaseModel] = model
    for part in location[:-1]:
        if issubclass(current, RootModel):
            current = _inner_model(current.model_fields["root"].annotation) or current
        if isinstance(part, str):
            fields = {f.alias or key: f for key, f in current.model_fields.items()}
            if part in fields:
                current = _inner_model(fields[part].annotation) or current
    return [f.alias or key for key, f in current.model_fields.items()]


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        inner = _inner_model(argument)
        if inner:
            return inner
    return None


def _syntax_words(error: yaml.MarkedYAMLError, text: str) -> tuple[str, str]:
    lines = text.splitlines()
    row = _line(error.problem_mark)
    written = lines[row - 1] if 0 < row <= len(lines) else ""
    if "\t" in written:
        return "a tab", "spaces for indentation"
    found = _shown(written.strip()) if written.strip() else "the end of the file"
    return f"{found} ({error.problem or error.context})", "YAML, one 'key: value' a line"


def _line(mark: Any) -> int:
    return int(mark.line) + 1 if mark else 0


def _is_printable(text: str) -> bool:
    return all(sign in "\n\t" or category(sign) not in ("Cc", "Cs") for sign in text)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"keys {', '.join(map(repr, value))}"[:_SHOWN_CHARACTERS] if value else "no keys"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 3]}..."
