"""A small OpenID provider on this machine, which a test starts: discovery, keys, authorization and token endpoint.

It follows the specification, checks the PKCE verifier and accepts each code once. A test changes `claims`, `sign` or
`answers` to make it misbehave.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT_ID, SECRET = "jiedao", "a secret of the test/+"


def encode(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encode_number(number: int) -> str:
    """Return a number as a JWK holds it."""
    return encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


class Provider:
    """The provider; `address` is its issuer."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.rsa_key = rsa.generate_private_key(65537, 2048)
        self.ec_key = ec.generate_private_key(ec.SECP256R1())
        self.claims: dict[str, Any] = {"sub": "u-1001", "name": "王敏", "preferred_username": "wang"}
        self.discovery: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = self.sign_rs256
        self.answers: dict[str, tuple[int, bytes]] = {}  # path: what to answer instead
        self.codes: dict[str, dict[str, str]] = {}
        self.key_id = "k1"
        self.requests: list[str] = []
        self.signed_in_at = int(time.time()) - 3600  # the person's session at the provider
        self.ignores_prompt = False

    def describe(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "end_session_endpoint": f"{self.address}/logout",
            **self.discovery,
        }

    def list_keys(self) -> dict[str, Any]:
        """Return the public keys."""
        numbers, point = self.rsa_key.public_key().public_numbers(), self.ec_key.public_key().public_numbers()
        rsa_key = {"kty": "RSA", "use": "sig", "n": encode_number(numbers.n), "e": encode_number(numbers.e)}
        x, y = (encode(value.to_bytes(32, "big")) for value in (point.x, point.y))
        ec_key = {"kty": "EC", "crv": "P-256", "kid": "e1", "x": x, "y": y}
        return {"keys": [{**rsa_key, "kid": self.key_id}, ec_key]}

    def build_signed(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Return the part of a token that is signed."""
        return ".".join(encode(json.dumps(part).encode()) for part in (header, claims))

    def sign_rs256(self, claims: dict[str, Any]) -> str:
        """Return a token signed with the RSA key."""
        signed = self.build_signed({"alg": "RS256", "kid": self.key_id}, claims)
        return f"{signed}.{encode(self.rsa_key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"

    def sign_es256(self, claims: dict[str, Any]) -> str:
        """Return a token signed with the EC key."""
        signed = self.build_signed({"alg": "ES256", "kid": "e1"}, claims)
        r, s = decode_dss_signature(self.ec_key.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def authorize(self, address: str) -> str:
        """Let the person sign in at the address to which jiedao has sent the browser; return the way back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT_ID
        if query.get("prompt") == "login" and not self.ignores_prompt:
            self.signed_in_at = max(int(time.time()), self.signed_in_at + 1)  # each sign-in is newer
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**query, "auth_time": str(self.signed_in_at)}
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def answer_token_request(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return status and answer of the token endpoint."""
        if authorization != "Basic " + base64.b64encode(b"jiedao:a+secret+of+the+test%2F%2B").decode():
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "nonce": asked["nonce"],
            "iat": now,
            "exp": now + 300,
            "auth_time": int(asked["auth_time"]),
        }
        token = self.sign({**claims, **self.claims})
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": token}


@contextmanager
def run_provider() -> Iterator[Provider]:
    """Start a provider on a free port and stop it."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: Any) -> None:
            """Write no log."""

        def send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.requests.append(path)
            if path in provider.answers:
                self.send(*provider.answers[path])
            elif path == "/.well-known/openid-configuration":
                self.send(200, json.dumps(provider.describe()).encode())
            elif path == "/keys":
                self.send(200, json.dumps(provider.list_keys()).encode())
            elif path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(self.path))
                self.end_headers()
            else:
                self.send(404, b"{}")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.requests.append(self.path)
            if self.path in provider.answers:
                self.send(*provider.answers[self.path])
                return
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, answer = provider.answer_token_request(form, self.headers.get("Authorization", ""))
            self.send(status, json.dumps(answer).encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
