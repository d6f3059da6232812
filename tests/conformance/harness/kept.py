"""What a long run finds out, for the coverage report."""

import json

from harness.server import ROOT

FOLDER = ROOT / "target" / "conformance"


def keep(name, found):
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(found, indent=1, sort_keys=True))


def kept(name):
    return json.loads((FOLDER / f"{name}.json").read_text())
