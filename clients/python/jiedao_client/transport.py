"""Sending requests: authentication, JSON, files, refusals, and waiting where the server requires it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

RETRIED = frozenset({429, 503})
LONGEST_WAIT = 120.0
SAFE_METHODS = frozenset({"GET", "HEAD"})


class Refused(Exception):  # noqa: N818 (a refusal)
    """The API refused a request.

    Attributes:
        status: the HTTP status.
        document: the problem document (RFC 9457), {} where the answer was not one.
    """

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        super().__init__(str(document.get("detail") or f"HTTP {status}"))
        self.status = status
        self.document = dict(document)

    @property
    def hint(self) -> str:
        """What to do about it."""
        return str(self.document.get("hint", ""))

    @property
    def field(self) -> str:
        """The field that it concerns, "" for the complete request."""
        return str(self.document.get("field", ""))


class NotReached(Exception):  # noqa: N818 (it names what happened)
    """No answer came: the server may or may not have carried out the request. Send it again with the same key."""


def quote(value: object) -> str:
    """Return a value as one part of a path."""
    return urllib.parse.quote(str(value), safe="")


class Transport:
    """Sends requests with a token to the site at an address.

    Args:
        address: of the site, such as "https://jiedao.example.gov.cn".
        token: of the API, issued in the administration or by `jiedao token issue`.
        language: "zh-hans" or "en", of labels and refusals.
        timeout: seconds without an answer.
        attempts: how often a request is sent where the server answers "later" (429, 503), and a reading request where
            no answer comes.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        language: str = "zh-hans",
        timeout: float = 30.0,
        attempts: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = address.rstrip("/")
        self.token = token
        self.language = language
        self.timeout = timeout
        self.attempts = attempts
        self.sleep = sleep

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Any:
        """Send a request and return the decoded answer, None for an empty one.

        Raises:
            Refused: the API refused it. NotReached: no answer came.
        """
        content, more = self._encode(body, files, fields)
        given = {name: str(value) for name, value in (headers or {}).items() if value is not None}
        answer = self._send(method, build_path(path, params), content, {**more, **given})
        return json.loads(answer) if answer else None

    def fetch_file(self, method: str, path: str, *, params: Mapping[str, Any] | None = None) -> bytes:
        """Send a request and return the file that it answers; raise what `call` raises."""
        return self._send(method, build_path(path, params), None, {})

    def iterate(self, page: Mapping[str, Any], key: str) -> Iterator[Any]:
        """Yield the rows of a list and of all pages after it.

        Args:
            page: the first page, as a method returned it.
            key: the name of its rows, such as "cases".
        """
        while True:
            yield from page[key]
            following = page.get("next")
            if not following:
                return
            page = self.call("GET", following)

    def _encode(
        self,
        body: Any,
        files: Mapping[str, tuple[str, bytes]] | None,
        fields: Mapping[str, str] | None,
    ) -> tuple[bytes | None, dict[str, str]]:
        if files is not None:
            return encode_multipart(files, fields or {})
        if body is None:
            return None, {}
        content = json.dumps(body, ensure_ascii=False, default=str).encode()
        return content, {"Content-Type": "application/json"}

    def _send(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> bytes:
        for attempt in range(1, self.attempts + 1):
            is_last = attempt == self.attempts
            try:
                return self._send_once(method, path, content, headers)
            except Refused as refusal:
                if refusal.status not in RETRIED or is_last:
                    raise
                self.sleep(min(float(refusal.document.get("retry_after", attempt)), LONGEST_WAIT))
            except NotReached:
                if method not in SAFE_METHODS or is_last:
                    raise
                self.sleep(float(attempt))
        raise AssertionError("attempts must be at least 1")

    def _send_once(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> bytes:
        request = urllib.request.Request(  # noqa: S310 (the caller chose the address)
            self.address + path,
            data=content,
            method=method,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/json",
                "Accept-Language": self.language,
                "User-Agent": "jiedao-client",
                **headers,
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                return bytes(answer.read())
        except urllib.error.HTTPError as fault:
            raise read_refusal(fault) from None
        except (urllib.error.URLError, TimeoutError, ConnectionError) as fault:
            raise NotReached(str(fault)) from fault


def read_refusal(fault: urllib.error.HTTPError) -> Refused:
    """Return the refusal of an answer with an error status."""
    try:
        document = json.loads(fault.read())
    except ValueError:
        document = {}
    document = document if isinstance(document, dict) else {}
    wait = fault.headers.get("Retry-After", "")
    return Refused(fault.code, {**document, **({"retry_after": wait} if wait.isdigit() else {})})


def build_path(path: str, params: Mapping[str, Any] | None) -> str:
    """Return the path with its parameters; None is left out, a list repeats its name, True and False are lower case."""
    pairs: list[tuple[str, str]] = []
    for name, value in (params or {}).items():
        values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        pairs += [
            (name, str(single).lower() if isinstance(single, bool) else str(single))
            for single in values
            if single is not None
        ]
    return f"{path}?{urllib.parse.urlencode(pairs)}" if pairs else path


def encode_multipart(
    files: Mapping[str, tuple[str, bytes]], fields: Mapping[str, str]
) -> tuple[bytes, dict[str, str]]:
    """Return a body with files (field -> name and content) and texts, and its headers."""
    boundary = uuid.uuid4().hex
    parts = []
    for name, text in fields.items():
        parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode())
    for name, (file_name, content) in files.items():
        safe = file_name.replace('"', "'").replace("\r", " ").replace("\n", " ")
        head = f'Content-Disposition: form-data; name="{name}"; filename="{safe}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n")
    body = b"".join(f"--{boundary}\r\n".encode() + part for part in parts) + f"--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
