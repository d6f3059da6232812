"""A gateway for each file of tests: `tillgate dev` with its own folder and ports."""

import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 60
STOP_LIMIT_S = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory, request):
    """What `tillgate dev` prints when it serves; afterwards it must end cleanly. A file's `SETTINGS` are its settings."""
    folder = tmp_path_factory.mktemp("tillgate")
    binary = os.environ.get("TILLGATE_BIN", str(ROOT / "target" / "debug" / "tillgate"))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binary, "dev", "--json"],
            cwd=folder,
            env={**kept, "BIND_ADDR": "127.0.0.1:0", "LOG_FORMAT": "json", **getattr(request.module, "SETTINGS", {})},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    # A server that does not get ready must not hold the tests for ever.
    too_slow = threading.Timer(START_LIMIT_S, process.kill)
    too_slow.start()
    first_line = process.stdout.readline()
    too_slow.cancel()
    assert first_line, f"tillgate dev did not get ready:\n{(folder / 'log').read_text()[-3000:]}"
    yield json.loads(first_line)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_LIMIT_S)
    finally:
        process.kill()
    assert process.returncode == 0, (folder / "log").read_text()[-3000:]
