"""XML and JSON have the same content for all texts."""

from typing import Any
from xml.etree import ElementTree as ET

import orjson
from hypothesis import given
from hypothesis import strategies as st

from jiedao.kernel.open311_documents import ITEMS, Document, format_scalar, write_json, write_xml

TEXTS = st.text(st.characters(codec=None)) | st.text(
    st.sampled_from("\r\n\t\x00\x0b<&>]]\"' \ufffe\ud800真x")
)
SCALARS = st.none() | st.booleans() | st.integers(0, 10**9) | st.floats(-180, 180) | TEXTS
ROWS = st.lists(st.dictionaries(st.sampled_from(["service_code", "lat", "description"]), SCALARS))
DEFINITIONS = st.fixed_dictionaries(
    {
        "service_code": SCALARS,
        "attributes": st.lists(
            st.fixed_dictionaries(
                {
                    "code": SCALARS,
                    "required": st.booleans(),
                    "values": st.lists(st.fixed_dictionaries({"key": SCALARS, "name": SCALARS})),
                }
            )
        ),
    }
)
DOCUMENTS = st.builds(Document, st.just("service_requests"), ROWS) | st.builds(
    Document, st.just("service_definition"), DEFINITIONS
)


def describe_element(element: ET.Element) -> Any:
    """Return the content of an element: a list, a dictionary, or its text; None where it is empty."""
    if len(element) and element.tag in ITEMS:
        assert {child.tag for child in element} == {ITEMS[element.tag]}
        return [describe_element(child) for child in element]
    if len(element):
        return {child.tag: describe_element(child) for child in element}
    return element.text


def describe_value(value: Any) -> Any:
    """Return a value of the JSON as the XML has to state it."""
    if isinstance(value, dict):
        return {key: describe_value(item) for key, item in value.items()} or None
    if isinstance(value, list):
        return [describe_value(item) for item in value] or None
    return None if value is None else format_scalar(value)


@given(DOCUMENTS)
def test_xml_states_what_json_states(document: Document) -> None:
    xml = write_xml(document)
    assert xml.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<')
    root = ET.fromstring(xml)
    assert root.tag == document.root
    assert describe_element(root) == describe_value(orjson.loads(write_json(document)))


@given(DOCUMENTS)
def test_xml_in_ascii_states_the_same(document: Document) -> None:
    xml = write_xml(document, ascii_only=True)
    assert xml.isascii()
    assert ET.tostring(ET.fromstring(xml)) == ET.tostring(ET.fromstring(write_xml(document)))
