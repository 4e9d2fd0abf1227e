"""A person at a browser without scripts: pages over HTTP, their links, and their forms with the values shown."""

import json
import uuid
from dataclasses import dataclass, field
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener, urlopen

from jiedao.testing.html import Node, parse_page

Values = dict[str, list[str]]


def read_form(form: Node) -> Values:
    """Return the values that a browser would send for a form that nobody has changed."""
    values: Values = {}
    for node in form.walk():
        name = node.attributes.get("name", "")
        kind = node.attributes.get("type", "")
        if not name or "disabled" in node.attributes or node.tag == "button":
            continue
        if node.tag == "textarea":
            values.setdefault(name, []).append("".join(map(str, node.children)))
        elif node.tag == "select":
            values.setdefault(name, []).extend(_read_choices(node))
        elif kind in {"radio", "checkbox"}:
            if "checked" in node.attributes:
                values.setdefault(name, []).append(node.attributes.get("value", "on"))
        elif kind not in {"file", "submit"}:
            values.setdefault(name, []).append(node.attributes.get("value", ""))
    return values


def _read_choices(select: Node) -> list[str]:
    options = select.find_all("option")
    chosen = [option for option in options if "selected" in option.attributes]
    if not chosen and "multiple" not in select.attributes:
        chosen = options[:1]
    return [option.attributes.get("value", option.text) for option in chosen]


def encode_multipart(values: Values, files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """Return the body of a form with files, and its content type."""
    boundary, parts = uuid.uuid4().hex, []
    for name, texts in values.items():
        parts += [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode() for text in texts]
    for name, (file_name, content) in files.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content)
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def get_json(address: str, token: str, expect: int = 200) -> Any:
    """Return what the API answers to the holder of a token."""
    request = Request(address, headers={"Authorization": f"Bearer {token}"})
    try:
        answer: HTTPResponse | HTTPError = urlopen(request, timeout=60)
    except HTTPError as refusal:
        answer = refusal
    with answer:
        text = answer.read().decode()
        assert answer.status == expect, f"{address}: {answer.status} {text[:500]}"
    return json.loads(text)


@dataclass
class Browser:
    """A signed-in user: the page that is open, and what can be done on it."""

    address: str
    language: str = "zh-hans"
    url: str = ""
    status: int = 0
    body: bytes = b""
    page: Node = field(default_factory=lambda: Node(""))
    _opener: OpenerDirector = field(default_factory=lambda: build_opener(HTTPCookieProcessor(CookieJar())))

    def sign_in(self, username: str, password: str) -> "Browser":
        """Sign in by the form; the page of the first password may follow."""
        self.open("/accounts/sign-in/?next=/desk/")
        self.send("sign-in", username=username, password=password)
        assert "sign-in" not in self.url, f"{self.url}\n{self.text[:600]}"
        return self

    @property
    def text(self) -> str:
        """The text of the open page."""
        main = self.page.find("main")
        return (main or self.page).text

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters in the address of the open page."""
        return parse_qs(urlsplit(self.url).query)

    def open(self, path: str, expect: int = 200) -> str:
        """Open an address and return the text of the page."""
        self._load(Request(quote(urljoin(self.url or self.address, path), safe=":/?#&=%+@,")))
        assert self.status == expect, f"{path} answered {self.status}\n{self.text[:1500]}"
        return self.text

    def links(self, words: str = "", start: str = "") -> dict[str, str]:
        """Return the links of the page by their text; those with these words, and with this start of an address."""
        main = self.page.find("main") or self.page
        nodes = [node for node in main.find_all("a") if words in node.text]
        return {
            node.text: node.attributes.get("href", "")
            for node in nodes
            if node.attributes.get("href", "").startswith(start)
        }

    def find_form(self, name: str) -> Node:
        """Return the form with this id, this part of its address, or a button with these words."""
        for form in self.page.find_all("form"):
            words = [form.attributes.get("id", ""), *(button.text for button in form.find_all("button"))]
            if name in words or name in form.attributes.get("action", "-"):
                return form
        raise AssertionError(f"{self.url} has no form {name!r}:\n{self.text[:1500]}")

    def send(self, name: str, *, files: dict[str, tuple[str, bytes]] | None = None, **fields: Any) -> str:
        """Send a form of the page with its values and these; return the text of the page that follows."""
        form = self.find_form(name)
        values = read_form(form)
        for key, value in fields.items():
            values[key] = [str(item) for item in (value if isinstance(value, list) else [value])]
        target = urljoin(self.url, form.attributes.get("action") or self.url)
        if form.attributes.get("method", "get").lower() != "post":
            return self.open(f"{target.partition('?')[0]}?{urlencode(values, doseq=True)}")
        if form.attributes.get("enctype") == "multipart/form-data":
            body, kind = encode_multipart(values, files or {})
        else:
            body, kind = urlencode(values, doseq=True).encode(), "application/x-www-form-urlencoded"
        self._load(Request(target, data=body, headers={"Content-Type": kind, "Referer": self.url}))
        return self.text

    def _load(self, request: Request) -> None:
        request.add_header("Accept-Language", self.language)
        try:
            answer: HTTPResponse | HTTPError = self._opener.open(request, timeout=120)
        except HTTPError as refusal:
            answer = refusal
        with answer:
            self.url, self.status, self.body = str(answer.url), int(answer.status or 0), answer.read()
        is_page = "html" in (answer.headers.get("Content-Type") or "")
        self.page = parse_page(self.body.decode()) if is_page else Node("")
