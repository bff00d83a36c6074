"""Reads `project.yaml`: every mistake is reported at once, with its path and line."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from evergreen.errors import ProjectError
from evergreen.project.checks import impossible_pairs
from evergreen.project.schema import Project
from evergreen.project.unsupported import REFUSED, split_unsupported

Place = tuple[str | int, ...]
LOCAL_STEPS = [{"share": "5%", "requests": 5}, {"share": "25%", "requests": 5}, {"share": "100%", "requests": 10}]


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake: `line` counts from 1."""

    line: int
    path: str
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.path}: {self.problem}"


def read_project(path: str | Path, *, stage: str = "local") -> Project:
    """The project of a file, with the overrides of `stages.<stage>` applied; ProjectError lists every mistake."""
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ProjectError([f"{source}: cannot be read: {reason}"]) from error
    return parse_project(text, name=str(source), stage=stage)


def parse_project(text: str, *, name: str = "project.yaml", stage: str = "local") -> Project:
    """As `read_project`, from text; `name` stands for the file in messages."""
    document, lines, mistakes = _load(text, name)
    stages = document.pop("stages", {})
    overrides, wrong = _overrides(stages, stage, lines)
    mistakes += wrong
    merged = _merge(document, overrides) | {"stage": stage}
    supported, unsupported = split_unsupported(_for_a_laptop(merged) if stage == "local" else merged)
    remove = "is not supported by this version of Evergreen; remove it"
    mistakes += [_at(lines, place, stage, remove) for place in unsupported]
    project: Project | None = None
    try:
        project = Project.model_validate(supported)
    except ValidationError as error:
        mistakes += [_mistake(details, lines, stage) for details in error.errors(include_url=False)]
    if project is not None:
        mistakes += [_at(lines, place, stage, why) for place, why in impossible_pairs(project)]
    if mistakes or project is None:
        raise ProjectError([f"{name}: {mistake}" for mistake in sorted(set(mistakes))])
    return project


def _for_a_laptop(document: dict[str, Any]) -> dict[str, Any]:
    """Stage local's own defaults, below what the file says: a release by hand-made requests ends in seconds."""
    release = document.get("release", {})
    if not isinstance(release, dict):
        return document
    pace = {"bake": "1s", "check_every": "1s"}
    if release.get("strategy", "canary") == "canary":
        pace["steps"] = LOCAL_STEPS  # type: ignore[assignment]
    return document | {"release": pace | release}


def _load(text: str, name: str) -> tuple[dict[str, Any], dict[Place, int], list[Mistake]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        lines: dict[Place, int] = {}
        repeated: list[Mistake] = []
        if root is not None:
            _walk(root, (), lines, repeated)
        document = yaml.safe_load(text) if root is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise ProjectError([f"{name}: {where}not valid YAML: {error.problem}"]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ProjectError([f"{name}: not valid YAML: {str(error) or 'nested too deeply'}"]) from error
    if not isinstance(document, dict):
        raise ProjectError([f"{name}: line 1: a project file is a mapping; the smallest has project, target and data"])
    return document, lines, repeated


def _walk(node: yaml.Node, at: Place, lines: dict[Place, int], repeated: list[Mistake]) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*at, str(key.value))
            if place in lines:
                repeated.append(Mistake(key.start_mark.line + 1, _dotted(place), "is written twice; keep one"))
                continue
            lines[place] = key.start_mark.line + 1
            _walk(value, place, lines, repeated)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*at, index), lines, repeated)


def _overrides(stages: Any, stage: str, lines: dict[Place, int]) -> tuple[dict[str, Any], list[Mistake]]:
    """The chosen stage's overrides without unknown keys, and the mistakes of every stage."""
    if not isinstance(stages, dict):
        return {}, [Mistake(lines[("stages",)], "stages", "must map a stage's name to its overrides")]
    known = [key for key in Project.model_fields if key not in ("project", "stage")]
    chosen: dict[str, Any] = {}
    mistakes = []
    for name, overrides in stages.items():
        place: Place = ("stages", str(name))
        if not isinstance(overrides, dict):
            mistakes.append(Mistake(lines[place], _dotted(place), "must be a mapping of overrides"))
            continue
        unknown = [key for key in overrides if key not in known and key != "approval"]
        mistakes += [
            Mistake(lines[(*place, str(key))], _dotted((*place, key)), _unknown(str(key), known)) for key in unknown
        ]
        if name == stage:
            chosen = {key: value for key, value in overrides.items() if key not in unknown}
    return chosen, mistakes


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        mine = merged.get(key)
        merged[key] = _merge(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return merged


def _mistake(details: ErrorDetails, lines: dict[Place, int], stage: str) -> Mistake:
    place = _written(details["loc"])
    if details["type"] == "extra_forbidden":
        return _at(lines, place, stage, _unknown(str(place[-1]), _siblings(place)))
    if details["type"] == "missing":
        return _at(lines, place, stage, "is required and missing")
    if details["type"] in ("literal_error", "string_pattern_mismatch"):
        return _at(lines, place, stage, f"is {details['input']!r}; {_expected(details)}")
    message = details["msg"].removeprefix("Value error, ")
    shown = "" if details["type"] == "value_error" else f" (it is {_shown(details['input'])})"
    return _at(lines, place, stage, message[:1].lower() + message[1:] + shown)


def _at(lines: dict[Place, int], place: Place, stage: str, problem: str) -> Mistake:
    """A mistake at the nearest written ancestor, looking into the stage's overrides first."""
    for prefix in (("stages", stage), ()):
        for length in range(len(place), 0, -1):
            found = lines.get((*prefix, *place[:length]))
            if found is not None and (length == len(place) or not prefix):
                return Mistake(found, _dotted((*prefix, *place)), problem)
    return Mistake(1, _dotted(place), problem)


def _expected(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    if "expected" not in context:
        return f"it must match {context.get('pattern', '')}"
    known = [word.strip("' ") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
    near = difflib.get_close_matches(str(details["input"]), known, n=1)
    return f"use one of {', '.join(known)}" + (f" (did you mean {near[0]}?)" if near else "")


def _written(loc: tuple[str | int, ...]) -> Place:
    """pydantic's location without the labels it adds for unions (`function-before[…]`, `timedelta`, `float`)."""
    labels = ("function-", "constrained-", "nullable", "union", "lax-or-strict", "json-or-python")
    return tuple(part for part in loc if not (isinstance(part, str) and ("[" in part or part.startswith(labels))))


def _siblings(place: Place) -> list[str]:
    annotation: Any = Project
    for part in place[:-1]:
        annotation = _below(annotation, part)
    blocks = _blocks(annotation)
    return [info.alias or name for name, info in blocks[0].model_fields.items()] if blocks else []


def _below(annotation: Any, part: str | int) -> Any:
    """The type of one element of a block (optional or not), a list or a mapping."""
    if isinstance(annotation, UnionType):
        annotation = next(iter(_blocks(annotation)), None)
    if not _is_block(annotation):
        return next(iter(_blocks(annotation)), None)
    fields = annotation.model_fields.items()
    return next((info.annotation for name, info in fields if part in (name, info.alias)), None)


def _blocks(annotation: Any) -> list[Any]:
    if _is_block(annotation):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _blocks(part)]


def _is_block(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


def _unknown(key: str, known: list[str]) -> str:
    if key in REFUSED:
        return REFUSED[key]
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"known keys here: {', '.join(known)}" if known else "remove it"
    return f"unknown key; {hint}"


def _dotted(place: Place) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "(file)"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"
