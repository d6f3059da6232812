"""Runs the examples of docs/integrators.md against a gateway, and holds the page against the files."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import requests

from connect_form import submit_form

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


def run(server, tmp_path, example, *arguments):
    """What an example prints."""
    command = [sys.executable] if example.endswith(".py") else ["sh"]
    settings = {"BASE_URL": server["public_url"], "INTERNAL_SECRET": server["internal_secret"]}
    result = subprocess.run(
        [*command, str(EXAMPLES / example), *arguments],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_a_store_is_made_connected_and_watched(server, tmp_path):
    printed = run(server, tmp_path, "connect_link.py")
    store_id, link = re.fullmatch(r"store: (\S+)\nlink:  (\S+)\n", printed).groups()
    assert link.startswith(f"{server['public_url']}/stripe/connect?store_id={store_id}&token=")
    status = run(server, tmp_path, "payment_status.py", store_id)
    assert status == "payments: no\nto do:    Connect Stripe to take payments.\n"

    keys = next(store for store in server["stores"] if not store["connected"])
    answer = submit_form(link, keys)
    assert answer.status_code == 303, answer.text
    back = f"https://shop.example.com/settings/payments?store_id={store_id}&connected=true"
    assert answer.headers["location"] == back
    status = run(server, tmp_path, "payment_status.py", store_id)
    assert status == "payments: yes\nto do:    Ready for test cards. Connect your live keys to take real money.\n"
    assert requests.get(link, timeout=10).status_code == 410


def test_the_demo_store_is_ready_for_test_cards(server, tmp_path):
    demo = next(store for store in server["stores"] if store["connected"])
    status = run(server, tmp_path, "payment_status.py", demo["id"])
    assert status == "payments: yes\nto do:    Ready for test cards. Connect your live keys to take real money.\n"


def test_curl_does_the_same(server, tmp_path):
    link = json.loads(run(server, tmp_path, "connect_link.sh"))
    assert set(link) == {"url", "expires_at"}
    page = requests.get(link["url"], timeout=10)
    assert page.status_code == 200
    assert "Example Roastery" in page.text
    store_id = json.loads((tmp_path / "store.json").read_text())["id"]
    status = json.loads(run(server, tmp_path, "payment_status.sh", store_id))
    assert status == {"store_id": store_id, "has_stripe": False, "is_live_mode": False}


def test_the_page_shows_the_examples_as_they_are():
    page = (ROOT / "docs" / "integrators.md").read_text()
    shown = dict(re.findall(r"<!-- examples/(\S+) -->\n```\w+\n(.*?)```\n", page, re.DOTALL))
    files = {path.name: path.read_text() for path in EXAMPLES.iterdir() if path.is_file()}
    assert shown == files


def test_the_merchants_page_names_the_events_that_the_form_names(server):
    store = next(store for store in server["stores"] if not store["connected"])
    form = requests.get(store["connect_url"], timeout=10).text
    named = re.findall(r"<li><code>([a-z_.]+)</code></li>", form)
    page = (ROOT / "docs" / "merchants.md").read_text()
    told = page.partition("select these events:")[2].partition("4. Save")[0]
    assert named and named == re.findall(r"`([a-z_]+\.[a-z_.]+)`", told)
