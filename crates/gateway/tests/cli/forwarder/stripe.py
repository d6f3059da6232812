"""Stands in for Stripe's `stripe` command in tests: the same commands, output, exit codes and signals.

Its login is $HOME/.config/stripe/config.toml, as the real one's. Each `listen` writes what it was started with to
$HOME/listens/<pid>.json, with a port on this machine that takes one order per connection, a line of JSON:
{"send": EVENT} signs the event and posts it as the real one does, and answers {"status": …}; {"die": CODE} ends.
Files in $HOME make it behave otherwise: `deaf` ignores SIGTERM and SIGINT, `slow` is never ready, `old` knows no `whoami`,
`spring` knows it as the first versions did, `oauth` is a login by OAuth and holds its account.
"""

import hashlib
import hmac
import json
import os
import pathlib
import signal
import socket
import sys
import time
import urllib.error
import urllib.request

HOME = pathlib.Path(os.environ["HOME"])
CONFIG = HOME / ".config/stripe/config.toml"
OAUTH = HOME / "oauth"
API_VERSION = "2026-02-25.clover"


def profile():
    text = CONFIG.read_text() if CONFIG.exists() else ""
    if OAUTH.exists():
        return {"account_id": OAUTH.read_text(), "signed_in": True}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    known = {name.strip(): value.strip().strip('"') for name, value in pairs}
    return known | {"signed_in": bool(known.get("test_mode_api_key"))}


def whoami():
    known = profile()
    signed_in = known["signed_in"]
    if OAUTH.exists():
        account = {"id": known["account_id"], "name": "Kiosk", "modes": ["test"]}
        print(json.dumps({"account_id": account["id"], "mode": "test", "authorized_accounts": [account]}, indent=2))
        return 0
    answer = {"authenticated": signed_in, "profile_name": "default"}
    if known.get("account_id"):
        answer["account_id"] = known["account_id"]
    answer["test_mode_key"] = {"available": signed_in, "expires_at": None}
    answer["live_mode_key"] = {"available": False, "expires_at": None}
    answer["api_version"] = API_VERSION
    print(json.dumps(answer, indent=2))
    return 0 if signed_in else 1


def not_signed_in():
    print("You have not configured API keys yet", file=sys.stderr)
    print("  If you have an API key: set STRIPE_API_KEY or pass --api-key <key>.", file=sys.stderr)
    print("  To start a browser login (requires user action): run `stripe login` and follow the printed instructions.", file=sys.stderr)
    return 1


def post(url, event, secret):
    body = json.dumps(event).encode()
    at = int(time.time())
    mac = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": f"t={at},v1={mac}"}
    request = urllib.request.Request(url, body, headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        return opener.open(request, timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code


def obey(order, options, secret):
    if "die" in order:
        print("level=fatal msg=\"Error while authenticating with Stripe: Expired API Key provided: rk_test_****EXAMPLE\"", file=sys.stderr, flush=True)
        os._exit(order["die"])
    event = order["send"]
    if event["type"] not in options["--events"].split(","):
        return {"status": None}
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    print(f"{now}   --> {event['type']} [{event['id']}]", flush=True)
    status = post(options["--forward-to"], event, secret)
    print(f"{now}  <--  [{status}] POST {options['--forward-to']} [{event['id']}]", flush=True)
    return {"status": status}


def listen(arguments):
    options, names = {}, iter(arguments)
    for name in names:
        if name == "--skip-update":
            continue
        if name not in ("--forward-to", "--events"):
            print(f"unknown flag: {name}", file=sys.stderr)
            return 1
        options[name] = next(names)
    known = profile()
    if not known["signed_in"]:
        return not_signed_in()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN if (HOME / "deaf").exists() else lambda *_: os._exit(0))
    print("Getting ready...", file=sys.stderr, flush=True)
    # The same for each start on one device with one login.
    secret = "whsec_" + hashlib.sha256(known.get("account_id", "").encode()).hexdigest()
    control = socket.create_server(("127.0.0.1", 0))
    about = {
        "pid": os.getpid(),
        "port": control.getsockname()[1],
        "forward_to": options["--forward-to"],
        "events": options["--events"].split(","),
        "environment": sorted(os.environ),
        "began_ns": time.monotonic_ns(),
    }
    listens = HOME / "listens"
    listens.mkdir(exist_ok=True)
    new = listens / f"{os.getpid()}.new"
    new.write_text(json.dumps(about))
    new.rename(listens / f"{os.getpid()}.json")
    if not (HOME / "slow").exists():
        print(
            f"Ready! You are using Stripe API Version [{API_VERSION}]. Your webhook signing secret is {secret} (^C to quit)",
            file=sys.stderr,
            flush=True,
        )
    while True:
        connection, _ = control.accept()
        with connection, connection.makefile("rw") as lines:
            answer = obey(json.loads(lines.readline()), options, secret)
            lines.write(json.dumps(answer) + "\n")


def main(arguments):
    match arguments:
        case ["--version"]:
            print("stripe version 1.43.6")
        case ["whoami", *rest] if not (HOME / "old").exists():
            if rest == (["--json"] if (HOME / "spring").exists() else ["--format", "json"]):
                return whoami()
            print(f"unknown flag: {rest[0]}", file=sys.stderr)
            return 1
        case ["config", "--list"]:
            print(CONFIG.read_text() if CONFIG.exists() else "", end="")
        case ["listen", *rest]:
            return listen(rest)
        case _:
            print(f'Unknown command "{arguments[0]}" for "stripe".\nSee "stripe --help" for a list of available commands.')
            return 1
    return 0


sys.exit(main(sys.argv[1:]))
