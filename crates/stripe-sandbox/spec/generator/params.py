"""Prints what each endpoint of Stripe's API accepts and answers, one a line, as stripe-python's types say:

    METHOD PATH OBJECT PARAMETERS

A parameter's name ends in `!` where it is required and in `?` where an empty string unsets it.
Run by ../generate; the output is ../params.txt.
"""

import ast
import importlib
import json
import pathlib
import re
import sys
import typing

import stripe
import typing_extensions
from stripe._request_options import RequestOptions

# The services (stripe-python's file names) of the resources that the sandbox has.
SERVICES = [
    "_account_service", "_balance_service", "_balance_transaction_service",
    "billing_portal/_configuration_service", "billing_portal/_session_service",
    "_charge_service", "checkout/_session_service", "checkout/_session_line_item_service",
    "_customer_service", "_customer_payment_method_service", "_dispute_service", "_event_service",
    "_invoice_service", "_invoice_item_service", "_invoice_line_item_service",
    "_payment_intent_service", "_payment_method_service", "_price_service", "_product_service",
    "_refund_service", "_setup_attempt_service", "_setup_intent_service",
    "_subscription_service", "_subscription_item_service",
    "test_helpers/_test_clock_service", "test_helpers/_refund_service", "_webhook_endpoint_service",
]
ROOT = pathlib.Path(stripe.__file__).parent
OPTIONS = set(RequestOptions.__annotations__)
SCALARS = {str: "text", int: "integer", bool: "boolean", float: "number"}


def endpoints():
    """Yields (method, path, object, class of the parameters or None) for each call of the services."""
    for service in SERVICES:
        tree = ast.parse((ROOT / f"{service}.py").read_text())
        modules = {
            alias.name: node.module
            for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
        }
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            call = next((node for node in ast.walk(function) if isinstance(node, ast.Call)
                         and getattr(node.func, "attr", "") == "_request"), None)
            if call is None:
                continue
            method, path = (text_of(argument) for argument in call.args[:2])
            path = re.sub(r"\{\w+\}", "{id}", path)
            if path.startswith("/v1/accounts") and (method, path) != ("get", "/v1/accounts/{id}"):
                continue  # Stripe Connect
            wanted = next((a for a in function.args.args if a.arg == "params"), None)
            names = re.findall(r"\w+Params\b", ast.unparse(wanted.annotation)) if wanted else []
            params = getattr(importlib.import_module(modules[names[0]]), names[0]) if names else None
            yield method.upper(), path, answer(function, modules), params


def answer(function, modules):
    """`refund`, or `list:refund` for a page of them."""
    returned = function.returns.value
    page, name = re.fullmatch(r"(ListObject|SearchResultObject)?\[?(\w+)\]?", returned).groups()
    object_name = getattr(importlib.import_module(modules[name]), name).OBJECT_NAME
    return f"list:{object_name}" if page else object_name


def text_of(node):
    """A string constant, or the template of `"…".format(…)`."""
    if isinstance(node, ast.Constant):
        return node.value
    return node.func.value.value


def fields_of(cls):
    scope = vars(importlib.import_module(cls.__module__))
    names = [name for name in cls.__annotations__ if name not in OPTIONS and name != "expand"]
    fields = [field(name, resolved(cls.__annotations__[name], scope)) for name in names]
    return dict(fields)


def resolved(hint, scope):
    """The hint with its quoted parts evaluated."""
    return typing._eval_type(hint, scope, None)  # noqa: SLF001 (get_type_hints would also resolve the base class)


def field(name, hint):
    required = True
    if typing_extensions.get_origin(hint) in (typing_extensions.NotRequired, typing_extensions.Required):
        required = typing_extensions.get_origin(hint) is typing_extensions.Required
        (hint,) = typing_extensions.get_args(hint)
    kind, clearable = kind_of(name, hint)
    return name + "!" * required + "?" * clearable, kind


def flat(hint):
    """The members of a union; of open enumerations (`Literal[…] | str`) only the literals."""
    if isinstance(hint, (str, typing.ForwardRef)):
        raise TypeError(f"unresolved {hint}")
    origin = typing_extensions.get_origin(hint)
    if origin is typing.Union or str(type(hint)) == "<class 'types.UnionType'>":
        return [part for one in typing_extensions.get_args(hint) for part in flat(one)]
    return [hint]


def kind_of(name, hint):
    members, choices, clearable = [], [], False
    for member in flat(hint):
        if typing_extensions.get_origin(member) is typing_extensions.Literal:
            for choice in typing_extensions.get_args(member):
                if choice == "":
                    clearable = True
                else:
                    choices.append(choice)
        else:
            members.append(member)
    if choices:
        members = [member for member in members if member is not str]
    kinds = []
    if choices:
        kinds.append({"one_of": choices})
    for member in members:
        kind = single(name, member)
        if kind is not None and kind not in kinds:
            kinds.append(kind)
    if not kinds:
        return "text", clearable
    return (kinds[0] if len(kinds) == 1 else {"any_of": kinds}), clearable


def single(name, member):
    origin, args = typing_extensions.get_origin(member), typing_extensions.get_args(member)
    if member in SCALARS:
        return SCALARS[member]
    if getattr(member, "__name__", "") == "Decimal":
        return "decimal"
    if member is type(None):
        return None
    if origin in (list, typing.List):
        return {"list": kind_of(name, args[0])[0]}
    if origin in (dict, typing.Dict):
        if name == "metadata":
            return "metadata"
        return {"map": kind_of(name, args[1])[0]}
    if "UntypedStripeObject" in str(member):
        return None
    if hasattr(member, "__annotations__"):
        names = set(member.__annotations__)
        if names == {"gt", "gte", "lt", "lte"}:
            return "range"
        return {"fields": fields_of(member)}
    if member is typing.Any or "IO" in str(member):
        return "free"
    raise TypeError(f"{name}: {member!r}")


def main():
    lines = {}
    for method, path, answered, params in endpoints():
        fields = fields_of(params) if params else {}
        lines[f"{method} {path} {answered}"] = json.dumps(fields, separators=(",", ":"), sort_keys=True)
    for key in sorted(lines):
        print(key, lines[key])
    print(f"{len(lines)} endpoints", file=sys.stderr)


main()
