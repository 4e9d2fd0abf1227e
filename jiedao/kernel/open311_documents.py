"""Documents of GeoReport v2 as XML and as JSON, made from the same values, so that both have the same content.

A document is a list of dictionaries, or a dictionary; the JSON is these values, the XML has an element for each. A text
is cleaned before either is written: it has no control characters, its lines end with a line feed, and an empty one is
null in JSON and an empty element in XML, as the Spark convention of the specification has it.
"""

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import orjson
from django.http import HttpResponse

from jiedao.kernel.storable import make_storable

XML, JSON = "xml", "json"
CONTENT_TYPES = {XML: "text/xml", JSON: "application/json"}
DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
# The element of one item of a list, by the element of the list.
ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
_NOT_IN_XML = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True)
class Document:
    """A document: the name of its root element, and its values."""

    root: str
    values: list[Any] | dict[str, Any]


def choose_suffix(path: str, accept: str) -> str:
    """Return the format of an answer: that of the suffix, else JSON for a client that accepts only JSON, else XML.

    Args:
        accept: the header Accept of the request.
    """
    if path.endswith(".json"):
        return JSON
    return JSON if not path.endswith(".xml") and "application/json" in accept and "xml" not in accept else XML


def clean_values(value: Any) -> Any:
    """Return the value with every text in it cleaned; an empty text becomes None."""
    if isinstance(value, str):
        text = _NOT_IN_XML.sub("", make_storable(value.replace("\r\n", "\n").replace("\r", "\n"))).strip()
        return text or None
    if isinstance(value, list):
        return [clean_values(item) for item in value]
    if isinstance(value, dict):
        return {key: clean_values(item) for key, item in value.items()}
    return value


def write_json(document: Document) -> bytes:
    """Return the document as JSON."""
    return orjson.dumps(clean_values(document.values))


def write_xml(document: Document, *, ascii_only: bool = False) -> bytes:
    """Return the document as XML without a namespace; with `ascii_only` other characters are written as numbers."""
    root = ET.Element(document.root)
    _fill(root, clean_values(document.values))
    encoding = "us-ascii" if ascii_only else "utf-8"
    content: bytes = ET.tostring(root, encoding=encoding, xml_declaration=False)
    return DECLARATION + content


def _fill(element: ET.Element, value: Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _fill(ET.SubElement(element, key), item)
    elif isinstance(value, list):
        for item in value:
            _fill(ET.SubElement(element, ITEMS[element.tag]), item)
    elif value is not None:
        element.text = format_scalar(value)


def format_scalar(value: Any) -> str:
    """Return a value as the text of an element: true and false as the specification writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_document(document: Document, suffix: str) -> tuple[str, bytes]:
    """Return the content type and the document in the format of the suffix, xml or json."""
    body = write_json(document) if suffix == JSON else write_xml(document)
    return f"{CONTENT_TYPES[suffix]}; charset=utf-8", body


def answer_document(document: Document, suffix: str, *, status: int = 200) -> HttpResponse:
    """Return the answer with the document in the format of the suffix, xml or json."""
    content_type, body = write_document(document, suffix)
    return HttpResponse(body, status=status, content_type=content_type)


def make_errors(status: int, description: str) -> Document:
    """Return the document of a refusal, which the specification has as a list of errors."""
    return Document("errors", [{"code": status, "description": description}])


def answer_bare_document(document: Document, suffix: str) -> HttpResponse:
    """Return the answer whose Content-Type is the bare type, without a character set, as in service discovery.

    The XML is then written in ASCII: a client that takes text without a character set for Latin-1 reads it correctly.
    """
    body = write_json(document) if suffix == JSON else write_xml(document, ascii_only=True)
    return HttpResponse(body, content_type=CONTENT_TYPES[suffix])
