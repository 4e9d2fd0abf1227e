import hashlib
import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.audit.checks import check_digest
from jiedao.audit.digest import (
    DigestUnavailable,
    compute_path,
    compute_root,
    compute_root_from_path,
    encode_canonically,
    hash_bytes,
    hash_leaf,
)

# Leaves and root from the tests of Certificate Transparency.
RFC_6962 = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
RFC_6962_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def make_leaves(count: int) -> list[bytes]:
    return [hash_leaf("sha256", str(number).encode()) for number in range(count)]


def compute_root_by_definition(level: list[bytes]) -> bytes:
    """Follow RFC 6962, section 2.1, word by word."""
    if len(level) == 1:
        return level[0]
    split = 1
    while split * 2 < len(level):
        split *= 2
    return hashlib.sha256(
        b"\x01" + compute_root_by_definition(level[:split]) + compute_root_by_definition(level[split:])
    ).digest()


def test_the_root_is_that_of_the_rfc_6962_example():
    tree = [hash_leaf("sha256", bytes.fromhex(text)) for text in RFC_6962]
    assert compute_root("sha256", tree).hex() == RFC_6962_ROOT


@pytest.mark.parametrize("count", [*range(1, 34), 100])
def test_the_root_is_the_root_by_definition(count):
    assert compute_root("sha256", make_leaves(count)) == compute_root_by_definition(make_leaves(count))


@given(st.integers(1, 70), st.data())
def test_every_path_leads_to_the_root(count, data):
    index = data.draw(st.integers(0, count - 1))
    path = compute_path("sha256", make_leaves(count), index)
    root = compute_root("sha256", make_leaves(count))
    assert compute_root_from_path("sha256", make_leaves(count)[index], index, count, path) == root


def test_a_path_of_the_wrong_length_is_refused():
    path = compute_path("sha256", make_leaves(7), 3)
    for wrong_path in (path[:-1], [*path, path[0]]):
        with pytest.raises(ValueError, match="path"):
            compute_root_from_path("sha256", make_leaves(7)[3], 3, 7, wrong_path)
    with pytest.raises(ValueError, match="index"):
        compute_root_from_path("sha256", make_leaves(7)[3], 7, 7, path)


def test_the_canonical_form_does_not_depend_on_the_order_of_keys():
    assert encode_canonically({"b": 1, "a": "街"}) == encode_canonically({"a": "街", "b": 1})
    assert encode_canonically({"a": "街"}) == b'["jiedao.audit/1",{"a":"\\u8857"}]'
    assert json.loads(encode_canonically(deepcopy([1, None])))[1] == [1, None]


def test_sm3_returns_the_digest_of_the_standard():
    # GB/T 32905-2016, example 1
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("this Python's OpenSSL has no SM3")
    assert hash_bytes("sm3", b"abc").hex() == expected


def test_an_unknown_digest_is_refused_and_reported(settings):
    with pytest.raises(DigestUnavailable, match="sha256, sm3"):
        hash_bytes("md5", b"")
    settings.JIEDAO_DIGEST = "md5"
    assert [error.id for error in check_digest()] == ["audit.E001"]
    settings.JIEDAO_DIGEST = "sha256"
    assert check_digest() == []
