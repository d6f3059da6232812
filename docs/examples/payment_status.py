"""Tells whether a store can take payments, and what is left to do."""

import os
import sys

import requests

BASE_URL = os.environ["BASE_URL"]
HEADERS = {"X-Internal-Secret": os.environ["INTERNAL_SECRET"]}


def can_take_payments(store_id: str) -> bool:
    """Needs no secret: a shop's page may ask this too."""
    response = requests.get(f"{BASE_URL}/stripe/status/{store_id}", timeout=10)
    response.raise_for_status()
    return response.json()["has_stripe"]


def to_do(store_id: str) -> str:
    """What the merchant should be told in your settings page."""
    url = f"{BASE_URL}/api/internal/stores/{store_id}/stripe-status"
    response = requests.get(url, headers=HEADERS, timeout=10)
    response.raise_for_status()
    status = response.json()
    if not status["has_stripe"]:
        return "Connect Stripe to take payments."
    if status["modes"][status["active_mode"]]["reconnect_needed"]:
        return "Stripe no longer accepts your keys. Connect again."
    if not status["webhook"]["configured"]:
        return "One step left: paste the signing secret of your webhook."
    if not status["is_live_mode"]:
        return "Ready for test cards. Connect your live keys to take real money."
    return "Ready."


if __name__ == "__main__":
    store_id = sys.argv[1]
    print("payments:", "yes" if can_take_payments(store_id) else "no")
    print("to do:   ", to_do(store_id))
