"""The checks of an ID token (OpenID Connect Core 1.0, section 3.1.3.7; RFC 7515, 7517 and 7518).

Two algorithms are accepted, both of them signatures by a private key: RS256, which every provider must support, and
ES256. "none" and the HMAC algorithms are unknown to this module, so a public key can never serve as a shared secret.
"""

import base64
import binascii
import json
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from jiedao.accounts.oidc.config import LONGEST_SUBJECT
from jiedao.accounts.oidc.faults import CLOCK, NOT_FRESH, TOKEN, SignInFault

KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
LONGEST_TOKEN = 64 * 1024
SHORTEST_RSA_KEY = 2048
LATEST = 1e12  # seconds; NaN is not below it either


class UnknownKey(Exception):  # noqa: N818
    """None of the keys is the one that the token names: the provider may have new ones."""


class Expected(NamedTuple):
    """What an ID token must contain; `skew` is the difference of the clocks, in seconds, that is accepted."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime
    skew: int


def read_id_token(token: str, keys: list[dict[str, Any]], expected: Expected) -> dict[str, Any]:
    """Return the claims of a valid ID token; raise SignInFault for any other, UnknownKey if its key is not there."""
    header, claims = _verify_signature(token, keys)
    if "crit" in header:
        raise SignInFault(TOKEN, "the header requires an extension")
    _check_claims(claims, expected)
    _check_times(claims, expected)
    return claims


def _decode(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise SignInFault(TOKEN, "not base64url") from fault


def _decode_object(part: str) -> dict[str, Any]:
    try:
        document = json.loads(_decode(part))
    except (ValueError, RecursionError) as fault:
        raise SignInFault(TOKEN, "not JSON") from fault
    if not isinstance(document, dict):
        raise SignInFault(TOKEN, "not an object")
    return document


def _verify_signature(token: str, keys: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3:
        raise SignInFault(TOKEN, "not a signed token")
    header = _decode_object(parts[0])
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in KEY_TYPES:
        raise SignInFault(TOKEN, f"algorithm {str(algorithm)[:20]!r} is not accepted")
    candidates = [key for key in keys if _is_candidate(key, algorithm, header.get("kid"))]
    if not candidates:
        raise UnknownKey(str(header.get("kid"))[:60])
    signature, signed = _decode(parts[2]), f"{parts[0]}.{parts[1]}".encode()
    if not any(_is_signed_by(key, algorithm, signature, signed) for key in candidates):
        raise SignInFault(TOKEN, "the signature is wrong")
    return header, _decode_object(parts[1])


def _is_candidate(key: Any, algorithm: str, key_id: Any) -> bool:
    """Return whether a published key may have signed: its type, use and algorithm fit, and its id if one is named."""
    return (
        isinstance(key, dict)
        and key.get("kty") == KEY_TYPES[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (key_id is None or key.get("kid") == key_id)
    )


def _read_number(key: dict[str, Any], name: str) -> int:
    return int.from_bytes(_decode(str(key.get(name, ""))), "big")


def _is_signed_by(key: dict[str, Any], algorithm: str, signature: bytes, signed: bytes) -> bool:
    """Return whether the key made the signature; False for a key that cannot be used."""
    try:
        if algorithm == "RS256":
            numbers = rsa.RSAPublicNumbers(_read_number(key, "e"), _read_number(key, "n"))
            if numbers.n.bit_length() < SHORTEST_RSA_KEY:
                return False
            numbers.public_key().verify(signature, signed, padding.PKCS1v15(), SHA256())
            return True
        if key.get("crv") != "P-256" or len(signature) != 64:
            return False
        point = ec.EllipticCurvePublicNumbers(_read_number(key, "x"), _read_number(key, "y"), ec.SECP256R1())
        halves = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        point.public_key().verify(encode_dss_signature(*halves), signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError, SignInFault):
        return False
    return True


def _check_claims(claims: dict[str, Any], expected: Expected) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != expected.issuer:
        raise SignInFault(TOKEN, "another issuer")
    if expected.client_id not in audiences:
        raise SignInFault(TOKEN, "another audience")
    if claims.get("azp", expected.client_id) != expected.client_id or (
        len(audiences) > 1 and "azp" not in claims
    ):
        raise SignInFault(TOKEN, "another authorized party")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce.isascii() or not secrets.compare_digest(nonce, expected.nonce):
        raise SignInFault(TOKEN, "another nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise SignInFault(TOKEN, "no usable subject")


def check_fresh(claims: dict[str, Any], *, since: float, expected: Expected) -> None:
    """Raise SignInFault unless the person has signed in at the provider after the moment `since`, in seconds."""
    try:
        signed_in_at = _read_time(claims, "auth_time")
    except SignInFault as fault:
        raise SignInFault(NOT_FRESH, "no auth_time in the token") from fault
    if signed_in_at <= since:
        raise SignInFault(NOT_FRESH, f"signed in {since - signed_in_at:.0f} s too early")
    if signed_in_at > expected.now.timestamp() + expected.skew:
        raise SignInFault(CLOCK, "signed in in the future")


def _read_time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LATEST < value < LATEST:
        raise SignInFault(TOKEN, f"{name} is not a time")
    return float(value)


def _check_times(claims: dict[str, Any], expected: Expected) -> None:
    """Check the times. A token of the future, or one made just now that has ended, shows that a clock is wrong."""
    now = expected.now.timestamp()
    ends, issued = _read_time(claims, "exp"), _read_time(claims, "iat")
    begins = _read_time(claims, "nbf") if "nbf" in claims else issued
    if max(issued, begins) > now + expected.skew:
        raise SignInFault(CLOCK, f"issued {max(issued, begins) - now:.0f} s in the future")
    if ends <= now - expected.skew:
        raise SignInFault(CLOCK, f"expired {now - ends:.0f} s ago")
