"""Whether what a JSON file says is of the types that it should be: it may be damaged, or come from anybody."""

from __future__ import annotations

import dataclasses
import types
import typing
from functools import lru_cache
from typing import Any


def fits(value: Any, kind: Any) -> bool:
    """Whether a value of JSON's types is one that `kind` describes.

    Args:
        value: as `json.loads` gives it.
        kind: a plain type; list, dict or tuple of kinds; a union; a TypedDict, which may have further keys; a
            dataclass, whose fields must be there unless they have a default; or Annotated[dict, TypedDict], which is a
            dict to whoever makes it. Whole numbers are floats too.
    """
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if typing.is_typeddict(kind):
        there = isinstance(value, dict) and kind.__required_keys__ <= value.keys()
        return there and all(fits(value[key], of) for key, of in _hints(kind).items() if key in value)
    if dataclasses.is_dataclass(kind):
        return isinstance(value, dict) and _fits_fields(value, kind)
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return all(fits(value, part) for part in parts)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, part) for part in parts)
    if origin is list:
        return isinstance(value, list) and all(fits(each, parts[0]) for each in value)
    if origin is tuple:
        some = isinstance(value, list | tuple) and len(value) == len(parts)
        return some and all(map(fits, value, parts))
    if origin is dict:
        return isinstance(value, dict) and all(fits(each, parts[1]) for each in value.values())
    return isinstance(value, kind)


def _fits_fields(value: dict, kind: Any) -> bool:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    needed = {name for name, field in fields.items() if _has_no_default(field)}
    return needed <= value.keys() <= fields.keys() and all(fits(value[name], _hints(kind)[name]) for name in value)


def _has_no_default(field: dataclasses.Field) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


@lru_cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)
