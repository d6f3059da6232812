"""Says how much of the SDK's types the sandbox has: `docs/sandbox-coverage.md`.

    python coverage.py          writes it from what the last long run found
    python coverage.py --check  exits with 1 if it says something else
"""

import sys
from collections import defaultdict

from harness import shapes, spec
from harness.kept import kept
from harness.server import ROOT

REPORT = ROOT / "docs" / "sandbox-coverage.md"
HEAD = """# What the sandbox covers of Stripe's API

Written by `tests/conformance/coverage.py` from a run of `make conformance`; do not edit. It counts against the types of
stripe-python 16.1.0: what is refused, ignored or not there counts as not covered.

- **Operations**: endpoints that the sandbox answers, of those in the SDK.
- **Accepted**: parameters, nested ones included, that some valid-looking request had accepted. Not accepted are those of
  features that the sandbox does not have, such as other payment methods than cards, tax, coupons and Connect.
- **Reflected**: of the accepted parameters for which the answer has a field of the same name, those that it shows.
- **Fields**: top-level fields of the object that had a value (not null) in some answer or event of the tour.
- **Nested**: the same with the fields of nested objects, most of which belong to other payment methods.

| resource | operations | accepted | reflected | fields | nested |
|---|---|---|---|---|---|
"""


def parameters_of(endpoints, found):
    """(accepted, all, reflected, could be reflected) over the endpoints of a resource."""
    accepted = total = shown = showable = 0
    for endpoint in endpoints:
        names = {leaf.name for leaf in spec.leaves(endpoint.fields)}
        outcomes = found.get(endpoint.name, {})
        total += len(names)
        for name in names:
            outcome = outcomes.get(name, {})
            accepted += outcome.get("accepted", False)
            if outcome.get("accepted") and "reflected" in outcome:
                showable += 1
                shown += outcome["reflected"]
    return accepted, total, shown, showable


def report():
    found, seen = kept("parameters"), kept("fields")
    by_resource = defaultdict(list)
    for endpoint in spec.endpoints():
        by_resource[endpoint.resource].append(endpoint)
    rows, absent, hidden = [], [], []
    for resource, endpoints in sorted(by_resource.items()):
        there = [one for one in endpoints if one.name in found]
        absent += [one.name for one in endpoints if one.name not in found]
        accepted, total, shown, showable = parameters_of(endpoints, found)
        fields = set(shapes.fields_of_sdk(shapes.resource(resource)))
        top = {name for name in fields if "." not in name}
        had = set(seen.get(resource, ()))
        rows.append(f"| `{resource}` | {len(there)}/{len(endpoints)} | {accepted}/{total} | {shown}/{showable} "
                    f"| {len(had & top)}/{len(top)} | {len(had & fields)}/{len(fields)} |")
        hidden += [f"`{one.name}`: " + ", ".join(f"`{name}`" for name in sorted(
            name for name, outcome in found[one.name].items()
            if outcome.get("accepted") and outcome.get("reflected") is False))
            for one in there if any(o.get("accepted") and o.get("reflected") is False for o in found[one.name].values())]
    text = HEAD + "\n".join(rows) + "\n"
    if absent:
        text += "\n## Operations that are not there\n\n" + "\n".join(f"- `{name}`" for name in absent) + "\n"
    if hidden:
        text += ("\n## Accepted, but shown with another value\n\nSome rightly so: Stripe normalises what it is given.\n\n"
                 + "\n".join(f"- {line}" for line in hidden) + "\n")
    return text


def main():
    text = report()
    if "--check" not in sys.argv:
        REPORT.write_text(text)
    elif REPORT.read_text() != text:
        sys.exit(f"{REPORT} is not what this run found: write it anew with scripts/conformance --write")


main()
