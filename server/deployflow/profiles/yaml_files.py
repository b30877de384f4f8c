"""Profiles as YAML files: written for people, read without trust.

Anchors are refused, because a few of them make a file of gigabytes. Every value remembers its line, so that whatever is
wrong with a file is said together with where. Things that a profile names have tags: `!image Windows 11 Pro`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deployflow.profiles import references
from deployflow.profiles.errors import FileWrong
from deployflow.profiles.references import Named

# The one in C where it is there: fifty times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 20
MAX_NODES = 50_000
WIDTH = 110
Path = tuple[str | int, ...]
_YAML = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Read:
    """A file's value, and the line of each of its parts."""

    value: Any
    lines: dict[Path, int]

    def find(self, path: Sequence[str | int]) -> tuple[Path, int]:
        """The part that an error's path means, and its line.

        Parts that are not in the file are passed over: the names of alternatives, and a field that is missing.
        """
        known: Path = ()
        for part in path:
            if (*known, part) in self.lines:
                known = (*known, part)
        return known, self.lines[known]


def dump(value: Any) -> str:
    """A value as a file."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, indent=2)


def read(text: str) -> Read:
    """A file's value with its lines.

    Raises:
        FileWrong: 422, with the line.
    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is no YAML"
        raise wrong(mark.line + 1 if mark is not None else 1, str(said)) from None
    except RecursionError:
        raise wrong(1, "it is nested too deeply") from None
    if node is None:
        raise wrong(1, "the file is empty")
    reader = _Reader()
    return Read(reader.value(node, (), 0), reader.lines)


def wrong(line: int, what: str) -> FileWrong:
    """The problem of one line."""
    return FileWrong(f"Line {line}: {what}", line=line)


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._seen: set[int] = set()
        self._plain = yaml.SafeLoader("")

    def value(self, node: Node, path: Path, depth: int) -> Any:
        line = node.start_mark.line + 1
        if id(node) in self._seen:
            raise wrong(line, "anchors and aliases are not allowed here: write it out")
        self._seen.add(id(node))
        if depth > MAX_DEPTH or len(self._seen) > MAX_NODES:
            raise wrong(line, "the file is too large or nested too deeply for a profile")
        self.lines[path] = line
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, line)

    def _mapping(self, node: MappingNode, path: Path, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or key_node.tag == f"{_YAML}merge":
                raise wrong(line, "a name is expected before the colon")
            key = key_node.value
            if key in found:
                raise wrong(line, f"'{key[:80]}' is there twice")
            found[key] = self.value(value_node, (*path, key), depth + 1)
            self.lines[*path, key] = line
        return found

    def _scalar(self, node: ScalarNode, line: int) -> Any:
        kind = node.tag.removeprefix("!")
        if kind != node.tag and references.get(kind) is not None:
            return Named(kind, node.value)
        # A date stays the text it was written as: nothing in a profile is one.
        if node.tag in {f"{_YAML}str", f"{_YAML}timestamp"}:
            return node.value
        if node.tag in {f"{_YAML}{name}" for name in ("int", "float", "bool", "null")}:
            try:
                return self._plain.construct_object(node)
            except (ConstructorError, ValueError, OverflowError):
                raise wrong(line, f"'{node.value[:80]}' is no {node.tag.removeprefix(_YAML)}") from None
        raise wrong(line, f"the tag {node.tag.replace(_YAML, '!!')[:80]} is not known here")


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        # Lists stand deeper than their name, as people write them.
        super().increase_indent(flow, False)


def _write_text(dumper: _Dumper, text: str) -> Node:
    return dumper.represent_scalar(f"{_YAML}str", text, style="|" if "\n" in text else None)


def _write_named(dumper: _Dumper, named: Named) -> Node:
    return dumper.represent_scalar(f"!{named.kind}", named.name)


_Dumper.add_representer(str, _write_text)
_Dumper.add_representer(Named, _write_named)
