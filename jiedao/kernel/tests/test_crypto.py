import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.kernel.crypto import (
    UnreadableField,
    compute_keyed_digest,
    decrypt,
    encrypt,
    mask_name,
    mask_phone,
)


@given(st.text())
def test_decrypt_returns_the_encrypted_text(text):
    assert decrypt(encrypt(text, context="reporter"), context="reporter") == text


def test_two_encryptions_differ_and_hide_the_text():
    first, second = encrypt("张三"), encrypt("张三")
    assert first != second
    assert first.startswith("v1:")
    assert "张三".encode() not in base64.urlsafe_b64decode(first[3:])


def test_an_empty_text_stays_empty():
    assert encrypt("") == decrypt("") == ""


def test_another_context_cannot_decrypt():
    with pytest.raises(UnreadableField):
        decrypt(encrypt("张三", context="name"), context="phone")


def test_another_key_cannot_decrypt(settings):
    sealed = encrypt("张三")
    settings.JIEDAO_FIELD_KEY = "another key"
    with pytest.raises(UnreadableField, match="JIEDAO_FIELD_KEY"):
        decrypt(sealed)


@pytest.mark.parametrize("text", ["张三", "v1:", "v1:AAAA", "v1:*", "v2:AAAA", "v1:张三"])
def test_a_text_that_was_not_encrypted_is_refused(text):
    with pytest.raises(UnreadableField):
        decrypt(text)


def test_a_changed_text_is_refused():
    sealed = encrypt("13800138000")
    changed = sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:]
    with pytest.raises(UnreadableField):
        decrypt(changed)


def test_equal_values_have_one_digest_under_one_key(settings):
    digest = compute_keyed_digest("13800138000")
    assert re.fullmatch(r"[0-9a-f]{32}", digest)
    assert compute_keyed_digest(" 1３800138000\u200b ") == digest
    assert compute_keyed_digest("13800138001") != digest
    settings.JIEDAO_FIELD_KEY = "another key"
    assert compute_keyed_digest("13800138000") != digest


def test_an_empty_value_has_no_digest():
    assert compute_keyed_digest("  ") == ""


@pytest.mark.parametrize(
    ("name", "shown"), [("张三", "张*"), ("欧阳修文", "欧***"), ("张", "*"), ("", ""), ("John Smith", "J***")]
)
def test_a_masked_name_shows_its_first_character(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13800138000", "138****8000"),
        ("0755-28271234", "075******1234"),
        ("28271234", "******34"),
        ("12345", "*****"),
        ("", ""),
    ],
)
def test_a_masked_phone_number_shows_its_ends(phone, shown):
    assert mask_phone(phone) == shown
