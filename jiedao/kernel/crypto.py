"""Fields that only the application can read, digests that match without reading, and masks for showing.

Keys are derived from `settings.JIEDAO_FIELD_KEY` by HKDF-SHA256, one for each use. Who loses the setting
loses the fields; keep it apart from database backups.
"""

import base64
import hmac
import os
import unicodedata
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION = "v1:"
NONCE = 12


class UnreadableField(ValueError):  # noqa: N818 (named for what the caller meets)
    """The text was not encrypted with this key, or was changed."""


def encrypt(text: str, *, context: str = "") -> str:
    """Encrypt text with AES-256-GCM: "v1:" and base64url of nonce, ciphertext and tag.

    An empty text stays empty. `context`, such as the field's name, must be the same when decrypting, so that
    a value cannot be moved to another field. Two encryptions of one text differ.
    """
    if not text:
        return ""
    nonce = os.urandom(NONCE)
    sealed = _cipher(derive_key("field")).encrypt(nonce, text.encode(), context.encode())
    return VERSION + base64.urlsafe_b64encode(nonce + sealed).decode()


def decrypt(text: str, *, context: str = "") -> str:
    """Return what `encrypt` was given; raise UnreadableField for another key, context or text."""
    if not text:
        return ""
    try:
        if not text.startswith(VERSION):
            raise ValueError("unknown version")
        sealed = base64.b64decode(text[len(VERSION) :], altchars=b"-_", validate=True)
        return _cipher(derive_key("field")).decrypt(sealed[:NONCE], sealed[NONCE:], context.encode()).decode()
    except (ValueError, InvalidTag) as fault:
        raise UnreadableField(
            "An encrypted field cannot be read: JIEDAO_FIELD_KEY is not the one it was written with."
        ) from fault


def keyed_digest(value: str) -> str:
    """Return 32 hex digits (HMAC-SHA256, 128 bits) by which equal values match without being readable.

    Surrounding spaces and full-width forms make no difference. An empty value has an empty digest,
    by which nothing may be matched.
    """
    plain = unicodedata.normalize("NFKC", value).strip()
    return hmac.digest(derive_key("digest"), plain.encode(), "sha256").hex()[:32] if plain else ""


def mask_name(name: str) -> str:
    """Show the first character of a name: 张三丰 -> 张**; at most three stars hide the length."""
    name = name.strip()
    return name[:1] + "*" * min(len(name) - 1, 3) if len(name) > 1 else "*" * len(name)


def mask_phone(phone: str) -> str:
    """Hide the middle of a number: 13800138000 -> 138****8000; a short one shows two digits at most."""
    phone = phone.strip()
    if len(phone) >= 11:
        return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
    shown = 2 if len(phone) >= 7 else 0
    return "*" * (len(phone) - shown) + phone[len(phone) - shown :]


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def derive_key(use: str) -> bytes:
    """Return the 32-byte key for one use."""
    return _derive(str(settings.JIEDAO_FIELD_KEY), use)


@lru_cache(maxsize=8)
def _derive(secret: str, use: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"jiedao {use} v1".encode())
    return kdf.derive(secret.encode())
