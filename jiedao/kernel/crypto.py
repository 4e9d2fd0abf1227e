"""Encrypted fields, digests that compare values without revealing them, and masks for display.

One key for each use is derived from `settings.JIEDAO_FIELD_KEY` by HKDF-SHA256. Without the setting the fields
cannot be read any more; store it apart from the database backups.
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

from jiedao.kernel.folding import drop_invisible

VERSION = "v1:"
NONCE_BYTES = 12


class UnreadableField(ValueError):  # noqa: N818 (it names the state of the field)
    """The text was not encrypted with this key, or was changed."""


def encrypt(text: str, *, context: str = "") -> str:
    """Encrypt text with AES-256-GCM: "v1:" and base64url of nonce, ciphertext and tag.

    An empty text stays empty. `context`, such as the field's name, must be the same when decrypting, so that
    a value cannot be moved to another field. Two encryptions of one text differ.
    """
    if not text:
        return ""
    nonce = os.urandom(NONCE_BYTES)
    ciphertext = _cipher(derive_key("field")).encrypt(nonce, text.encode(), context.encode())
    return VERSION + base64.urlsafe_b64encode(nonce + ciphertext).decode()


def decrypt(text: str, *, context: str = "") -> str:
    """Return the text that was encrypted; raise UnreadableField for another key, another context or a changed text."""
    if not text:
        return ""
    try:
        if not text.startswith(VERSION):
            raise ValueError("unknown version")
        data = base64.b64decode(text[len(VERSION) :], altchars=b"-_", validate=True)
        return (
            _cipher(derive_key("field"))
            .decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], context.encode())
            .decode()
        )
    except (ValueError, InvalidTag) as fault:
        raise UnreadableField(
            "An encrypted field cannot be read: JIEDAO_FIELD_KEY is not the one it was written with."
        ) from fault


def compute_keyed_digest(value: str) -> str:
    """Return a keyed digest of 32 hex digits (HMAC-SHA256, 128 bits) by which equal values can be matched.

    Surrounding spaces, full-width forms and invisible signs make no difference. An empty value has an empty digest,
    which must not be used for matching.
    """
    plain = unicodedata.normalize("NFKC", drop_invisible(value)).strip()
    return hmac.digest(derive_key("digest"), plain.encode(), "sha256").hex()[:32] if plain else ""


def compute_key_mark() -> str:
    """Return the mark of the field key, by which it is recognised and from which it cannot be derived."""
    return hmac.digest(derive_key("mark"), b"jiedao key mark", "sha256").hex()


def mask_name(name: str) -> str:
    """Return a name with only its first character visible: 张三丰 -> 张**; at most three stars hide the length."""
    name = name.strip()
    return name[:1] + "*" * min(len(name) - 1, 3) if len(name) > 1 else "*" * len(name)


def mask_phone(phone: str) -> str:
    """Return a number with its middle hidden: 13800138000 -> 138****8000; a short one shows at most two digits."""
    phone = phone.strip()
    if len(phone) >= 11:
        return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
    visible_digits = 2 if len(phone) >= 7 else 0
    return "*" * (len(phone) - visible_digits) + phone[len(phone) - visible_digits :]


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
