"""What the provider publishes (its addresses and keys), and the exchange of a code for an ID token.

Requests are made directly, not through a proxy of the environment, follow no redirect, and end after ten seconds.
"""

import base64
import json
import logging
import ssl
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote_plus, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from jiedao.accounts.oidc.config import get_settings
from jiedao.accounts.oidc.faults import AWAY, CODE, SETUP, TOKEN, SignInFault
from jiedao.accounts.oidc.tokens import Expected, UnknownKey, read_id_token
from jiedao.environment import OidcSettings

log = logging.getLogger("jiedao.accounts.oidc")
WELL_KNOWN = "/.well-known/openid-configuration"
SOCKET_SECONDS, TOTAL_SECONDS = 5, 10
LARGEST_ANSWER = 512 * 1024
DISCOVERY_SECONDS, KEYS_SECONDS = 3600, 600
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_cache: dict[str, tuple[float, dict[str, Any]]] = {}  # address: when it was read (monotonic), the document


def forget_provider() -> None:
    """Forget what this process has read from the provider."""
    _cache.clear()


class _NoRedirects(HTTPRedirectHandler):
    """Refuses redirects: the code and the secret are sent to the published address only."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Return no request, so that the redirect is an error."""


def is_usable_address(url: object) -> bool:
    """Return whether an address can be used: https, or http on this machine."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def _make_tls_context() -> ssl.SSLContext:
    ca_file = get_settings().ca_file
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as fault:
        raise SignInFault(SETUP, f"JIEDAO_OIDC_CA_FILE: {fault}") from fault


def _fetch(
    url: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON object at an address, by POST where a form is given.

    Raise HTTPError for an answer 3xx or 4xx, and SignInFault where there is no answer or none that can be read.
    """
    if not is_usable_address(url):
        raise SignInFault(SETUP, f"{url[:200]!r} is not https")
    body = urlencode(form).encode() if form is not None else None
    request = Request(url, data=body, headers={"Accept": "application/json", **(headers or {})})  # noqa: S310
    try:
        content = _read_answer(request)
    except HTTPError as fault:
        if fault.code >= 500:
            raise SignInFault(AWAY, f"{url[:200]}: {fault.code}") from fault
        raise
    except (OSError, HTTPException, ValueError) as fault:
        raise SignInFault(AWAY, f"{url[:200]}: {fault or type(fault).__name__}") from fault
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise SignInFault(SETUP, f"{url[:200]}: not JSON") from fault
    if not isinstance(document, dict):
        raise SignInFault(SETUP, f"{url[:200]}: not an object")
    return document


def _read_answer(request: Request) -> bytes:
    """Return the body of the answer; raise SignInFault for one that is too long or too slow."""
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=_make_tls_context()), _NoRedirects())
    ends_at, content = time.monotonic() + TOTAL_SECONDS, bytearray()
    with opener.open(request, timeout=SOCKET_SECONDS) as answer:
        while chunk := answer.read1(65536):
            content += chunk
            if len(content) > LARGEST_ANSWER or time.monotonic() > ends_at:
                raise SignInFault(AWAY, f"{request.full_url[:200]}: the answer is too long or too slow")
    return bytes(content)


def _fetch_cached(url: str, seconds: int) -> dict[str, Any]:
    stored = _cache.get(url)
    if stored is not None and time.monotonic() - stored[0] < seconds:
        return stored[1]
    try:
        document = _fetch(url)
    except HTTPError as fault:
        raise SignInFault(SETUP, f"{url[:200]}: {fault.code}") from fault
    _cache[url] = time.monotonic(), document
    return document


def read_discovery() -> dict[str, Any]:
    """Return what the provider publishes about itself; raise SignInFault where it is another issuer's."""
    issuer = get_settings().issuer
    document = _fetch_cached(issuer.rstrip("/") + WELL_KNOWN, DISCOVERY_SECONDS)
    if str(document.get("issuer")).rstrip("/") != issuer.rstrip("/"):
        forget_provider()
        raise SignInFault(
            SETUP, f"the provider calls itself {str(document.get('issuer'))[:200]!r}, not {issuer!r}"
        )
    return document


def get_endpoint(name: str) -> str:
    """Return one of the provider's addresses, https or on this machine; raise SignInFault if it is missing."""
    url = read_discovery().get(name)
    if not is_usable_address(url):
        raise SignInFault(SETUP, f"the provider publishes no usable {name}")
    return str(url)


def _read_keys() -> list[dict[str, Any]]:
    keys = _fetch_cached(get_endpoint("jwks_uri"), KEYS_SECONDS).get("keys")
    if not isinstance(keys, list):
        raise SignInFault(SETUP, "the provider publishes no keys")
    return keys


def _authenticate_client(config: OidcSettings) -> tuple[dict[str, str], dict[str, str]]:
    """Return the form fields and the headers that prove who we are (RFC 6749, section 2.3.1)."""
    if not config.client_secret:
        return {"client_id": config.client_id}, {}
    methods = read_discovery().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods:
        return {"client_id": config.client_id, "client_secret": config.client_secret}, {}
    pair = f"{quote_plus(config.client_id)}:{quote_plus(config.client_secret)}"
    return {}, {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def exchange_code(code: str, verifier: str, redirect_uri: str) -> str:
    """Exchange a code for an ID token, which is not checked yet; raise SignInFault where the provider refuses."""
    fields, headers = _authenticate_client(get_settings())
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        **fields,
    }
    try:
        answer = _fetch(get_endpoint("token_endpoint"), form, headers)
    except HTTPError as fault:
        raise _describe_refusal(fault) from fault
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise SignInFault(TOKEN, "the answer has no id_token")
    return token


def _describe_refusal(fault: HTTPError) -> SignInFault:
    try:
        error = json.loads(fault.read(4096)).get("error", "")
    except (ValueError, AttributeError, OSError, RecursionError):
        error = ""
    detail = f"token endpoint: {fault.code} {str(error)[:60]!r}"
    # Only invalid_grant is about this sign-in; anything else is about the configuration, such as a wrong secret.
    return SignInFault(CODE if error == "invalid_grant" else SETUP, detail)


def read_claims(token: str, expected: Expected) -> dict[str, Any]:
    """Return the claims of a valid ID token; read the keys again if the provider may have changed them."""
    try:
        return read_id_token(token, _read_keys(), expected)
    except UnknownKey:
        _cache.pop(get_endpoint("jwks_uri"), None)
    try:
        return read_id_token(token, _read_keys(), expected)
    except UnknownKey as fault:
        raise SignInFault(TOKEN, f"no published key fits: {fault}") from fault
