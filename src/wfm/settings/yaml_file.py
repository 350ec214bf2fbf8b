"""YAML as people mean it: 22:30 stays a text, NO is no False, doubled keys and aliases are refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wfm.errors import SettingError, SettingsError

MOST_BYTES = 1_000_000
MOST_DEPTH = 64
_WHOLE = re.compile(r"^[-+]?\d{1,18}$")
_NUMBER = re.compile(r"^[-+]?(\d{1,30}\.\d{0,30}|\.\d{1,30}|\d{1,30})([eE][-+]?\d{1,3})?$")
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file's content and where each value stands.

    `places` maps a path such as ("queues", "voice", "target") to (line, column), from 1.
    """

    data: Any
    name: str
    folder: Path
    places: Mapping[Path_, tuple[int, int]] = field(default_factory=dict)

    def where(self, path: Path_) -> str | None:
        """`file:line:column` of a path, or of the nearest parent that the file holds; None where there is no file."""
        if not self.places:
            return None
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                line, column = self.places[path[:length]]
                return f"{self.name}:{line}:{column}"
        return self.name


def read_document(source: str | Path | Mapping[str, Any]) -> Document:
    """A week's file, or the same as a dict.

    Raises SettingError with file, line and column where the text is no plain YAML.
    """
    if isinstance(source, Mapping):
        return Document(data=source, name="spec", folder=Path())
    path = Path(source)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingError(
            f"cannot read the week's file {str(path)!r}: {error.strerror or error}.", name="file", value=str(path)
        ) from error
    if len(raw) > MOST_BYTES:
        raise SettingError(f"{path.name} must be at most {MOST_BYTES:,} bytes, got {len(raw):,}.", name="file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingError(
            f"{path.name} must be UTF-8 text, byte {error.start} is not. Save it as UTF-8.", name="file"
        ) from error
    return parse(text, name=path.name, folder=path.parent)


def parse(text: str, *, name: str = "week.yaml", folder: Path | None = None) -> Document:
    r"""Data and places of a YAML text.

    >>> document = parse("open: 22:30\npaid: NO\nshare: 0.8")
    >>> document.data, document.where(("share",))
    ({'open': '22:30', 'paid': 'NO', 'share': 0.8}, 'week.yaml:3:8')
    """
    import yaml

    try:
        _refuse_tricks(text, name)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except SettingError:
        raise
    except yaml.YAMLError as error:
        where = _place(name, getattr(error, "problem_mark", None))
        raise SettingError(_plain(error), name="file", where=where) from error
    except (ValueError, RecursionError) as error:
        raise SettingError(f"cannot be read as YAML ({error}).", name="file", where=name) from error
    places: dict[Path_, tuple[int, int]] = {}
    problems: list[SettingError] = []
    data = _build(node, (), places, problems, name) if node is not None else None
    if problems:
        raise problems[0] if len(problems) == 1 else SettingsError(problems)
    return Document(data=data, name=name, folder=folder or Path(), places=places)


def _refuse_tricks(text: str, name: str) -> None:
    """Anchors, aliases, tags and bottomless nesting are refused before anything is built."""
    import yaml

    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        place = _place(name, event.start_mark)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise SettingError(
                "anchors (&) and aliases (*) are not allowed here. Write the value out, or quote it if "
                "the sign is meant as text.",
                name="file",
                where=place,
            )
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            raise SettingError(
                f"tags such as {tag} are not allowed here. Write the plain value.", name="file", where=place
            )
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise SettingError(
                    "a week's file holds one document; a second one begins here (---).", name="file", where=place
                )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                raise SettingError(f"nesting must be at most {MOST_DEPTH} deep.", name="file", where=place)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _build(
    node: Any, path: Path_, places: dict[Path_, tuple[int, int]], problems: list[SettingError], name: str
) -> Any:
    import yaml

    places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, k), places, problems, name) for k, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, places, problems, name)
    return _scalar(node)


def _mapping(
    node: Any, path: Path_, places: dict[Path_, tuple[int, int]], problems: list[SettingError], name: str
) -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = {}
    first: dict[str, int] = {}
    for key_node, value_node in node.value:
        where = _place(name, key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(SettingError("a key must be a plain word.", name="file", where=where))
            continue
        key = str(key_node.value)
        if key in found:
            problems.append(
                SettingError(
                    f"key {key!r} stands twice, first in line {first[key]}. Keep one of them.",
                    name=".".join(map(str, (*path, key))),
                    where=where,
                )
            )
            continue
        first[key] = key_node.start_mark.line + 1
        found[key] = _build(value_node, (*path, key), places, problems, name)
    return found


def _scalar(node: Any) -> Any:
    text = str(node.value)
    if node.style is not None:  # quoted or block text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.match(text):
        return int(text)
    if _NUMBER.match(text):
        return float(text)
    return float("inf") if text in (".inf", "inf") else text


def _plain(error: Any) -> str:
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    context = getattr(error, "context", None)
    found = f"{problem} ({context})" if context else problem
    return f"cannot be read as YAML: {found}. Check indentation, quotes and colons."


def _place(name: str, mark: Any) -> str:
    return name if mark is None else f"{name}:{mark.line + 1}:{mark.column + 1}"
