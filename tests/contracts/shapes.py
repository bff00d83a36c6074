"""A strict validator of AWS requests over botocore's models.

botocore's own ParamValidator misses enums, patterns and maximum lengths, and there is no account to ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

PLAIN: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "blob": (bytes, bytearray),
}

UNICODE = re.compile(r"\\p\{(\w+)\}")
JAVA = {
    r"\z": r"\Z",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010ffff",
    ")${1,128}": ")",  # SageMaker's own slips, in the patterns of custom metadata
    ")${1,256}": ")",
}
CHARACTERS = {
    "Alnum": "0-9A-Za-z",
    "ASCII": r"\x00-\x7f",
    "L": r"A-Za-z\u00aa-\uffff",
    "M": r"\u0300-\u036f",
    "N": "0-9",
    "P": r"!-/:-@\[-`{-~",
    "Print": r"\x20-\x7e",
    "S": r"$+<=>^`|~",
    "Z": r"\s",
}


def violations(service: str, operation: str, request: Mapping[str, Any]) -> list[str]:
    """Every way in which a request differs from the operation's input: path and reason."""
    shape = _operation(service, operation).input_shape
    return [] if shape is None else list(_check(shape, request, operation))


def unreadable_patterns(service: str) -> list[str]:
    """Patterns of a service's model that would not compile, and so would check nothing."""
    model = _service(service)
    patterns = {model.shape_for(name).metadata.get("pattern", "") for name in model.shape_names}
    return [pattern for pattern in sorted(patterns) if not _compiles(pattern)]


@cache
def _service(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(name)


def _operation(service: str, operation: str) -> OperationModel:
    return _service(service).operation_model(operation)


def _check(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map(shape, value, path)
    elif shape.type_name in PLAIN:
        yield from _plain(shape, value, path)


def _structure(shape: StructureShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {value!r} is not a structure"
        return
    for name in shape.required_members:
        if name not in value:
            yield f"{path}.{name}: required and missing"
    for name, member in value.items():
        if name not in shape.members:
            yield f"{path}.{name}: no such member"
        else:
            yield from _check(shape.members[name], member, f"{path}.{name}")
    if shape.is_tagged_union and len(value) != 1:
        yield f"{path}: exactly one member of a union"


def _list(shape: ListShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield f"{path}: {value!r} is not a list"
        return
    yield from _bounds(shape, len(value), path, "items")
    for index, item in enumerate(value):
        yield from _check(shape.member, item, f"{path}[{index}]")


def _map(shape: MapShape, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path}: {value!r} is not a map"
        return
    yield from _bounds(shape, len(value), path, "entries")
    for key, item in value.items():
        yield from _check(shape.key, key, f"{path} key")
        yield from _check(shape.value, item, f"{path}[{key!r}]")


def _plain(shape: Shape, value: Any, path: str) -> Iterator[str]:
    types = PLAIN[shape.type_name]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield f"{path}: {value!r} is not a {shape.type_name}"
        return
    if isinstance(value, str):
        yield from _bounds(shape, len(value), path, "characters")
        yield from _text(shape, value, path)
    elif not isinstance(value, bool):
        size = len(value) if isinstance(value, bytes | bytearray) else value
        yield from _bounds(shape, size, path, "bytes" if isinstance(value, bytes | bytearray) else "")


def _text(shape: Shape, value: str, path: str) -> Iterator[str]:
    allowed = getattr(shape, "enum", [])
    if allowed and value not in allowed:
        yield f"{path}: {value!r} is none of {', '.join(allowed)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.search(f"^(?:{_python(pattern)})$", value):
        yield f"{path}: {value!r} does not match {pattern}"


def _bounds(shape: Shape, size: float, path: str, unit: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"{path}: {size} {unit} is below {least}".replace("  ", " ")
    if most is not None and size > most:
        yield f"{path}: {size} {unit} is above {most}".replace("  ", " ")


def _compiles(pattern: str) -> bool:
    try:
        re.compile(_python(pattern))
    except (re.error, KeyError):
        return False
    return True


def _python(pattern: str) -> str:
    """Java's spelling as Python writes it: `\\p{L}` inside brackets and outside, surrogate pairs, `\\z`."""
    for java, python in JAVA.items():
        pattern = pattern.replace(java, python)
    parts = re.split(r"(\[(?:\\.|[^\]])*\])", pattern)
    return "".join(_unicode(part, inside=index % 2 == 1) for index, part in enumerate(parts))


def _unicode(part: str, *, inside: bool) -> str:
    return UNICODE.sub(lambda found: CHARACTERS[found[1]] if inside else f"[{CHARACTERS[found[1]]}]", part)
