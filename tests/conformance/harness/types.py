"""Resolves the SDK's type annotations, which are partly strings that only a type checker imports."""

import ast
import functools
import importlib
import inspect
import sys
import typing

import typing_extensions
from stripe import StripeObject

NONE = type(None)


def origin(hint):
    return typing_extensions.get_origin(hint)


def arguments(hint):
    return typing_extensions.get_args(hint)


@functools.lru_cache(maxsize=None)
def scope(module_name):
    """The names of a module, with those it imports for type checkers only."""
    module = sys.modules.get(module_name) or importlib.import_module(module_name)
    names = dict(vars(module))
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stripe"):
            source = importlib.import_module(node.module)
            for alias in node.names:
                names.setdefault(alias.asname or alias.name, getattr(source, alias.name, typing.Any))
    return names


@functools.lru_cache(maxsize=None)
def fields(cls):
    """Field name → resolved type, of a class of the SDK."""
    found = {}
    for base in reversed(cls.__mro__):
        if not issubclass(base, StripeObject) or base is StripeObject:
            continue
        names = {**scope(base.__module__), **vars(base)}
        for name, hint in vars(base).get("__annotations__", {}).items():
            if not name.startswith("_") and origin(hint) is not typing.ClassVar:
                found[name] = resolve(hint, names)
    found.pop("OBJECT_NAME", None)
    return found


def answer_of(method):
    """What a method of a service says that it returns."""
    function = getattr(method, "__func__", method)
    return resolve(function.__annotations__["return"], scope(function.__module__))


def resolve(hint, names):
    if isinstance(hint, str):
        hint = typing.ForwardRef(hint)
    return typing._eval_type(hint, names, names)  # noqa: SLF001 (get_type_hints resolves whole classes only)


def members(hint):
    """The parts of a union, flat; a type that is no union is its only part."""
    if origin(hint) is typing.Union or type(hint).__name__ == "UnionType":
        return [part for one in arguments(hint) for part in members(one)]
    return [hint]
