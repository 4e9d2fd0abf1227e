"""Wrong signs in the tags of a report's text: named in the reader's language, with their line."""

import pytest
from django.utils.translation import override

from jiedao.reports.templating import TextFault, find_named_measures

KNOWN = frozenset({"figure", "has_data"})


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ('{{ figure（"a"） }}', "标记里的 （ 是全角括号，请改用半角括号。", "（ in a tag is a full-width bracket"),
        ("{{ figure(“a”) }}", "标记里的 “ 是中文引号，请改用半角引号。", "“ in a tag is a Chinese quotation mark"),
        ('{{ figure("a"，area="b") }}', "标记里的 ， 是中文标点，请改用半角的。", "， in a tag is a Chinese"),
        ('{{ figure("a) }}', '引号没有成对。', "A quote is not closed"),
        ('{% if has_data("a") && has_data("b") %}x{% endif %}', "标记里不能用 &：并且写 and", "write and, or, not"),
        ('{% if !has_data("a") %}x{% endif %}', "标记里不能用 !：", "write and, or, not"),
        ('{% if has_data("a") and %}x{% endif %}', "标记没有写完，或是空的", "A tag is not complete"),
    ],
)  # fmt: skip
def test_a_wrong_sign_in_a_tag_is_named(text: str, chinese: str, english: str) -> None:
    for language, words in (("zh-hans", chinese), ("en", english)):
        with override(language), pytest.raises(TextFault) as fault:
            find_named_measures(f"第一行\n{text}", KNOWN)
        assert words in str(fault.value)
        assert fault.value.line == 2
