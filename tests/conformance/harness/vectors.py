"""Test data that was made outside of this project; where the copies lie and what they are."""

import json

from harness.server import ROOT

FILES = {
    "form_encoding": "crates/stripe-http/tests/vectors/stripe_form_encoding.json",
    "signatures": "crates/stripe-http/tests/vectors/stripe_signatures.json",
    "events": "crates/stripe-http/tests/vectors/current_events.json",
    "scenarios": "crates/gateway/tests/vectors/stripe_events_scenarios.json",
}


def load(name):
    return json.loads((ROOT / FILES[name]).read_text())
