"""`tillgate sandbox` as another project would start it, and its control API."""

import itertools
import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[3]
START_LIMIT_S = 60
STOP_LIMIT_S = 30
CONTROL_LIMIT_S = 60


class Sandbox:
    """A sandbox in a process of its own."""

    def __init__(self, folder):
        self._log = folder / "sandbox.log"
        binary = os.environ.get("TILLGATE_BIN", str(ROOT / "target" / "debug" / "tillgate"))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [binary, "sandbox", "--json", "--port", "0"],
                cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True,
            )
        # A server that does not get ready must not hold the tests for ever.
        too_slow = threading.Timer(START_LIMIT_S, self._process.kill)
        too_slow.start()
        first_line = self._process.stdout.readline()
        too_slow.cancel()
        assert first_line, f"tillgate sandbox did not get ready:\n{self._log.read_text()[-3000:]}"
        self.url = json.loads(first_line)["url"]
        self._http = requests.Session()
        self._numbers = itertools.count(1)

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_LIMIT_S)
        finally:
            self._process.kill()
        assert self._process.returncode == 0, self._log.read_text()[-3000:]

    def control(self, method, path, body=None):
        """A request to `/_sandbox`; the answer's JSON."""
        reply = self._http.request(method, f"{self.url}/_sandbox{path}", json=body, timeout=CONTROL_LIMIT_S)
        assert reply.ok, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    def account(self, country="DE", currency="eur"):
        """A new account, so that no story sees another's objects."""
        word = f"Tour{next(self._numbers)}"
        account = {
            "account_id": f"acct_1FAKE{word}", "business_name": f"Shop {word}",
            "publishable_key": f"pk_test_FAKE_{word}", "secret_key": f"sk_test_FAKE_{word}",
            "country": country, "default_currency": currency,
        }
        self.control("POST", "/accounts", account)
        return account

    def settle(self):
        """Waits until every delivery was answered or given up."""
        self.control("POST", "/deliveries/settle")
