"""Holds what the SDK parsed against the SDK's own annotations, field by field, and notes what was seen."""

import decimal
import inspect
import typing
from collections import defaultdict

from stripe import ListObject, SearchResultObject, StripeObject
from stripe._object_classes import get_object_class

from harness.types import NONE, arguments, fields, members, origin

PAGES = (ListObject, SearchResultObject)
# Of a deleted object Stripe answers these only.
TRACE = {"id", "object", "deleted"}
MISSING = "is missing"
# Stripe adds it to lists; no class of the SDK names it.
UNTYPED = {"total_count", "next_page"}


class Seen:
    """Which fields of which classes had a value, over all answers."""

    def __init__(self):
        self.fields = defaultdict(set)

    def note(self, cls, path):
        self.fields[cls].add(path)


def check(value, hint, seen, absent=()):
    """Raises an AssertionError that names every field that is not as annotated; `absent` may be missing."""
    problems = []
    _check(value, hint, "", None, seen, problems)
    problems = [one for one in problems if one not in [(f".{name}", MISSING) for name in absent]]
    assert not problems, "\n".join(f"{path.lstrip('.')}: {problem}" for path, problem in problems[:40])


def _check(value, hint, path, owner, seen, problems):
    parts = members(hint)
    if typing.Any in parts:
        return
    if value is None:
        if NONE not in parts:
            problems.append((path, f"null, but {name(hint)} is never null"))
        return
    fitting = [part for part in parts if fits(value, part)]
    if not fitting:
        problems.append((path, f"{value if not isinstance(value, StripeObject) else type(value)!r} is no {name(hint)}"))
        return
    part = fitting[0]
    if isinstance(value, PAGES):
        for index, one in enumerate(value.data):
            _check(one, arguments(part)[0], f"{path}.data[{index}]", None, seen, problems)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            _check(one, arguments(part)[0], f"{path}[{index}]", owner, seen, problems)
    elif isinstance(value, StripeObject) and not is_map(part):
        _check_object(value, path, owner, seen, problems)


def _check_object(value, path, owner, seen, problems):
    own = type(value)
    nested = owner if "OBJECT_NAME" not in vars(own) else None
    known, given = fields(own), value.to_dict(recursive=False)
    top, prefix = nested or (own, "")
    deleted = given.get("deleted") is True
    for field, hint in known.items():
        where = f"{path}.{field}"
        if field not in given:
            if NONE not in members(hint) and not (deleted and field not in TRACE):
                problems.append((where, MISSING))
            continue
        if given[field] is not None:
            seen.note(top, prefix + field)
        _check(given[field], hint, where, (top, f"{prefix}{field}."), seen, problems)
    for field in given.keys() - known.keys() - UNTYPED:
        problems.append((f"{path}.{field}", "is no field that the SDK knows"))


def fits(value, part):
    kind = origin(part)
    if kind is typing.Literal:
        return any(value == choice and type(value) is type(choice) for choice in arguments(part))
    if kind in (list, typing.List):
        return isinstance(value, list)
    if kind in PAGES:
        return isinstance(value, kind)
    if is_map(part):
        return isinstance(value, (StripeObject, dict))
    if part in (int, bool, str):
        return type(value) is part
    if part is float:
        return type(value) in (int, float)
    if part is decimal.Decimal:
        return isinstance(value, decimal.Decimal)
    if inspect.isclass(part):
        return isinstance(value, part)
    raise TypeError(f"unknown annotation {part!r}")


def is_map(part):
    kind = origin(part)
    return kind in (dict, typing.Dict) or getattr(kind, "__name__", "") == "UntypedStripeObject" or (
        getattr(part, "__name__", "") == "UntypedStripeObject")


def name(hint):
    return " | ".join(getattr(part, "__name__", str(part)) for part in members(hint))


def fields_of_sdk(cls, path=""):
    """Every field of a resource's class with those of its nested classes, as `a.b`."""
    for field, hint in fields(cls).items():
        yield path + field
        for part in members(hint):
            while origin(part) in (list, typing.List):
                (part,) = arguments(part)
            for one in members(part):
                if inspect.isclass(one) and issubclass(one, StripeObject) and "OBJECT_NAME" not in vars(one) \
                        and one is not StripeObject and not is_map(one):
                    yield from fields_of_sdk(one, f"{path}{field}.")


def resource(object_name):
    """The SDK's class of `checkout.session`."""
    cls = get_object_class("V1", object_name)
    assert cls is not StripeObject, f"the SDK has no class for {object_name}"
    return cls
