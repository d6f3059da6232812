"""Requests as the SDK would encode them, and what must be true of every answer."""

import typing
import urllib.parse

import requests
import stripe
from stripe._encode import _api_encode

from harness.types import arguments, fields, members, origin

LIMIT_S = 10
TYPES = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}


def known_codes():
    """The error codes that the SDK's types name."""
    hint = fields(stripe.PaymentIntent.LastPaymentError)["code"]
    return {code for part in members(hint) if origin(part) is typing.Literal for code in arguments(part)}


CODES = known_codes() | {
    # Documented under "Error codes", but not an outcome of a payment.
    "parameter_unknown", "parameter_missing", "parameter_invalid_empty", "parameter_invalid_integer",
    "parameter_invalid_string_blank", "parameter_invalid_string_empty", "parameters_exclusive",
}


class Api:
    """One account's requests over one connection."""

    def __init__(self, url, key):
        self._url, self._http = url, requests.Session()
        self._http.headers.update({
            "Authorization": f"Bearer {key}", "Stripe-Version": stripe.api_version,
            "Content-Type": "application/x-www-form-urlencoded"})

    def __call__(self, method, path, params=None):
        """(status, JSON) after the answer was found to be one that Stripe could give."""
        body = urllib.parse.urlencode(list(_api_encode(params or {})))
        get = method == "GET"
        reply = self._http.request(method, self._url + path, params=body if get else None,
                                   data=None if get else body, timeout=LIMIT_S)
        where = f"{method} {path} {str(params)[:300]}: {reply.status_code} {reply.text[:500]}"
        assert reply.status_code < 500, where
        assert reply.headers.get("Content-Type", "").startswith("application/json"), where
        answer = reply.json()
        if reply.status_code == 200:
            assert answer.get("object"), where
        else:
            check_error(reply.status_code, answer, where)
        return reply.status_code, answer


def check_error(status, answer, where):
    assert status in (400, 402, 403, 404, 409, 429), where
    error = answer["error"]
    assert error["type"] in TYPES and error["message"].strip(), where
    assert error.get("code") is None or error["code"] in CODES, where
    assert error["code"] if error["type"] == "card_error" else True, where
    if str(error.get("code")).startswith("parameter_"):
        assert error["param"], where
