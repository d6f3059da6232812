"""The vault's formats written a second time, from docs/vault.md and with Python's `cryptography` only.

Reads one JSON object from standard input, opens what Rust sealed, seals something for Rust, and writes one
JSON object to standard output. Run by python_interop.rs.
"""

import base64
import json
import os
import struct
import sys

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def context(*parts: str) -> bytes:
    return b"".join(struct.pack(">Q", len(part.encode())) + part.encode() for part in parts)


def derive(master: bytes, *parts: str) -> bytes:
    hkdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"tillgate vault v1", info=context(*parts))
    return hkdf.derive(master)


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main() -> None:
    asked = json.load(sys.stdin)
    master = base64.urlsafe_b64decode(asked["vault_key"])
    key_id = derive(master, "tillgate/v1/key-id")[:8].hex()
    check_value = f"tgc1.{key_id}." + unpadded(derive(master, "tillgate/v1/check-value"))

    place = asked["place"]
    key = derive(
        master, "tillgate/v1/fernet", place["store"], place["mode"], place["purpose"], str(place["version"])
    )
    fernet = Fernet(base64.urlsafe_b64encode(key))
    opened = fernet.decrypt(asked["token"]).decode()

    field = asked["field"]
    aes = AESGCM(derive(master, "tillgate/v1/aes-256-gcm", field["store"], "personal"))
    associated = context("tillgate/v1/personal", field["store"], field["table"], field["column"], field["row"])
    prefix, _, body = asked["personal_token"].partition(".")
    assert prefix == "tgp1", prefix
    raw = from_unpadded(body)
    personal = aes.decrypt(raw[:12], raw[12:], associated).decode()
    nonce = os.urandom(12)

    json.dump(
        {
            "key_id": key_id,
            "check_value": check_value,
            "opened": opened,
            "token": fernet.encrypt(asked["seal"].encode()).decode(),
            "personal_opened": personal,
            "personal_token": "tgp1." + unpadded(nonce + aes.encrypt(nonce, asked["seal"].encode(), associated)),
        },
        sys.stdout,
    )


main()
