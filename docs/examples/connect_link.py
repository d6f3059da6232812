"""The back end of a "Connect payments" button: makes a store and the link that the button opens."""

import os

import requests

BASE_URL = os.environ["BASE_URL"]
HEADERS = {"X-Internal-Secret": os.environ["INTERNAL_SECRET"]}


def create_store(name: str, origin: str) -> str:
    """Makes a store, once per shop; its id belongs into your own database."""
    store = {"name": name, "return_origins": [origin]}
    response = requests.post(f"{BASE_URL}/api/internal/stores", json=store, headers=HEADERS, timeout=10)
    response.raise_for_status()
    return response.json()["id"]


def connect_link(store_id: str, return_url: str) -> str:
    """Makes a link that works once, for 15 minutes: make it when the button is pressed, and redirect to it."""
    url = f"{BASE_URL}/api/internal/stores/{store_id}/connect-links"
    response = requests.post(url, json={"return_url": return_url}, headers=HEADERS, timeout=10)
    response.raise_for_status()
    return response.json()["url"]


if __name__ == "__main__":
    store_id = create_store("Example Roastery", "https://shop.example.com")
    print("store:", store_id)
    print("link: ", connect_link(store_id, "https://shop.example.com/settings/payments"))
