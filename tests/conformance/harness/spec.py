"""What the SDK's types allow, endpoint by endpoint; see `crates/stripe-sandbox/spec/README.md`."""

import json
from dataclasses import dataclass

from harness.server import ROOT

SPEC = ROOT / "crates" / "stripe-sandbox" / "spec" / "params.txt"
OBJECTS = ROOT / "crates" / "stripe-sandbox" / "spec" / "objects.txt"


@dataclass(frozen=True)
class Endpoint:
    method: str
    path: str
    answer: str  # `refund` or `list:refund`
    fields: dict

    @property
    def name(self):
        return f"{self.method} {self.path}"

    @property
    def resource(self):
        return self.answer.removeprefix("list:")


@dataclass(frozen=True)
class Leaf:
    """One parameter, however deep."""

    path: tuple  # names; `0` for an item of a list, `*` for a name of a map
    kind: object
    around: tuple  # what the objects on the way require besides: (path, kind)
    clearable: bool

    @property
    def name(self):
        """As `a.b`, the way a field of the answer is called."""
        return ".".join(part for part in self.path if part not in ("0", "*"))


def may_be_absent(resource):
    """The fields of a resource that stripe-node's types mark as optional."""
    for line in OBJECTS.read_text().splitlines():
        name, fields = line.split(" ", 1)
        if name == resource:
            kinds = {field: kind if isinstance(kind, str) else kind["kind"] for field, kind in json.loads(fields).items()}
            return {field for field, kind in kinds.items() if "~" in kind}
    return set()


def endpoints():
    for line in SPEC.read_text().splitlines():
        method, path, answer, fields = line.split(" ", 3)
        yield Endpoint(method, path, answer, json.loads(fields))


def leaves(fields, path=(), around=()):
    """Every parameter below the given fields."""
    required = [(split(name)[0], kind) for name, kind in fields.items() if split(name)[1]]
    for marked, kind in fields.items():
        name, _, clearable = split(marked)
        here = around + tuple((path + (other,), its) for other, its in required if other != name)
        yield from of_kind(kind, path + (name,), here, clearable)


def of_kind(kind, path, around, clearable):
    if isinstance(kind, str):
        yield Leaf(path, kind, around, clearable)
    elif "one_of" in kind:
        yield Leaf(path, kind, around, clearable)
    elif "any_of" in kind:
        for one in kind["any_of"]:
            yield from of_kind(one, path, around, clearable)
    elif "list" in kind:
        yield from of_kind(kind["list"], path + ("0",), around, clearable)
    elif "map" in kind:
        yield from of_kind(kind["map"], path + ("*",), around, clearable)
    elif kind["fields"]:
        yield from leaves(kind["fields"], path, around)
    else:
        yield Leaf(path, kind, around, clearable)


def split(marked):
    """(name, required, clearable) of `amount!`."""
    return marked.rstrip("!?"), "!" in marked, "?" in marked
