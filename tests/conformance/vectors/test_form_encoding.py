"""The sandbox reads what both SDKs write: the bodies of `stripe_form_encoding`."""

import re

import pytest
import requests
from stripe._encode import _api_encode

from harness import vectors

VECTORS = vectors.load("form_encoding")["vectors"]
UNREADABLE = "[a[b]]"


def nested(pairs):
    """`a[b]` = c as {"a": {"b": "c"}}: the sandbox keeps the indexes of arrays as names."""
    tree = {}
    for name, value in pairs:
        *path, last = re.split(r"\]?\[", name.rstrip("]"))
        here = tree
        for part in path:
            here = here.setdefault(part, {})
        here[last] = value
    return tree


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_body_is_read_as_its_pairs_say(shop, vector):
    read_as = {vector["encoded"]: vector["pairs"], vector["encoded_node"]: vector.get("pairs_node", vector["pairs"])}
    for body, pairs in read_as.items():
        shop.control("DELETE", "/requests")
        answer = requests.post(f"{shop.sandbox.url}/v1/customers", data=body.encode(), timeout=10, headers={
            "Authorization": f"Bearer {shop.account['secret_key']}",
            "Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status_code in (200, 400), answer.text
        (request,) = shop.control("GET", "/requests")["requests"]
        if any(UNREADABLE in name for name, _ in pairs):
            # Stripe has no metadata keys with brackets; the sandbox refuses the whole name.
            assert (answer.status_code, request["params"]) == (400, None)
        else:
            assert request["params"] == nested(pairs), body


@pytest.mark.parametrize("vector", [one for one in VECTORS if one["agree"]], ids=lambda vector: vector["name"])
def test_the_installed_sdk_still_writes_what_the_vectors_say(vector):
    written = [[name, value if isinstance(value, str) else str(value)] for name, value in _api_encode(vector["input"])]
    assert written == vector["pairs"]
