"""Tries one parameter at an endpoint, and says whether it is taken and shown."""

import re
from dataclasses import dataclass, field

from harness import shapes, spec
from parameters import values
from parameters.bases import path_of, requests_of

# A refusal that asks for another parameter is met this often.
REPAIRS = 3


@dataclass
class Outcome:
    """What became of a parameter."""

    accepted: bool = False
    reflected: bool | None = None  # None where the answer has no field of the name
    refusal: str = ""
    answers: list = field(default_factory=list)


def is_there(api, endpoint):
    """Whether the sandbox has the endpoint at all."""
    _, answer = api(endpoint.method, endpoint.path.replace("{id}", "nothing"))
    message = answer.get("error", {}).get("message", "")
    # Without an endpoint of its own, `/v1/charges/search` would be the charge `search`.
    return not message.startswith("Unrecognized request URL") and "'search'" not in message


def explore(api, things, endpoint, leaf, all_choices=True):
    """Tries the parameter with each of its choices, in each of the endpoint's requests until one takes it."""
    outcome = Outcome()
    choices = leaf.kind["one_of"] if isinstance(leaf.kind, dict) and "one_of" in leaf.kind else [None]
    shown = []
    for choice in choices if all_choices else choices[:1]:
        value = values.fitting(leaf.path[-1] if leaf.path[-1] not in "0*" else leaf.path[-2], leaf.kind, things, choice)
        status, answer, sent = first_taken(api, things, endpoint, leaf, value)
        if status == 200:
            outcome.accepted = True
            if endpoint.method == "POST" and leaf.name in fields_of(endpoint.resource):
                shown.append(is_shown(sent, answer, leaf))
        else:
            error = answer["error"]
            assert error.get("code") != "parameter_unknown" or is_foreign(error, leaf), (
                f"{endpoint.name} does not know {leaf.name}: {error}")
            outcome.refusal = error["message"]
    if shown:
        outcome.reflected = all(shown)
    return outcome


def first_taken(api, things, endpoint, leaf, value):
    for maker in requests_of(endpoint, things):
        params = maker(things)
        put(params, leaf.path, value)
        for path, kind in leaf.around:
            if get(params, path) is None:
                put(params, path, values.fitting(path[-1], kind, things))
        status, answer = send(api, things, endpoint, params)
        if status == 200:
            break
    return status, answer, params


def send(api, things, endpoint, params):
    """Sends it; what the answer says is missing is added."""
    for _ in range(REPAIRS):
        status, answer = api(endpoint.method, path_of(endpoint, things), params)
        error = answer.get("error", {})
        missing = tuple(re.findall(r"[^\[\]]+", error.get("param") or ""))
        if error.get("code") != "parameter_missing" or get(params, missing) is not None:
            break
        kind = kind_at(endpoint.fields, missing)
        if kind is None:
            break
        put(params, missing, values.fitting(missing[-1], kind, things))
    return status, answer


def is_foreign(error, leaf):
    """Whether the complaint is about a parameter beside the one that is tried."""
    return not (error.get("param") or "").startswith(leaf.path[0])


def is_shown(sent, answer, leaf):
    given, found = get(sent, leaf.path), get(answer, leaf.path)
    if isinstance(found, dict) and "id" in found:
        found = found["id"]
    if isinstance(given, dict) and isinstance(found, dict):
        return given.items() <= found.items()
    return same(given, found)


def same(given, found):
    if isinstance(found, bool) or isinstance(given, bool):
        return given == found
    return found is not None and str(given) == str(found)


def fields_of(resource, known={}):  # noqa: B006 (a cache)
    if resource not in known:
        known[resource] = set(shapes.fields_of_sdk(shapes.resource(resource)))
    return known[resource]


def get(tree, path):
    for part in path:
        if isinstance(tree, dict) and isinstance(tree.get("data"), list) and part == "0":
            tree = tree["data"]
        if isinstance(tree, list):
            tree = tree[int(part)] if part.isdigit() and int(part) < len(tree) else None
        elif isinstance(tree, dict):
            tree = tree.get("eur" if part == "*" else part)
        else:
            return None
    return tree


def put(tree, path, value):
    for here, following in zip(path, path[1:]):
        empty = [] if following == "0" else {}
        if isinstance(tree, list):
            if not tree:
                tree.append(empty)
            tree = tree[0]
        else:
            here = "eur" if here == "*" else here
            if not isinstance(tree.get(here), (dict, list)):
                tree[here] = empty
            tree = tree[here]
    last = path[-1]
    if isinstance(tree, list):
        tree[:] = [value]
    else:
        tree["eur" if last == "*" else last] = value


def kind_at(fields, path):
    """The kind of a parameter by its path."""
    kind = {"fields": fields}
    for part in path:
        while isinstance(kind, dict) and ("list" in kind and not part.isdigit() or "any_of" in kind):
            kind = kind["list"] if "list" in kind else next(
                (one for one in kind["any_of"] if isinstance(one, dict)), kind["any_of"][0])
        if not isinstance(kind, dict):
            return None
        if "list" in kind:
            kind = kind["list"]
        elif "map" in kind:
            kind = kind["map"]
        else:
            kind = next((one for name, one in kind.get("fields", {}).items() if spec.split(name)[0] == part), None)
    return kind
