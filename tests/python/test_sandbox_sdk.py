"""Stripe's official SDK, unmodified, against the sandbox of a running `tillgate dev`."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_official_sdk_gets_along_with_the_sandbox(server):
    account = next(store for store in server["stores"] if not store["connected"])
    script = ROOT / "crates" / "stripe-sandbox" / "tests" / "official_sdk.py"
    settings = {"SANDBOX_URL": server["sandbox_url"], "SANDBOX_SECRET_KEY": account["secret_key"]}
    result = subprocess.run(
        [sys.executable, str(script)],
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert "ok  construct_event accepts the delivery" in lines
    assert lines[-1] == "all checks passed"
