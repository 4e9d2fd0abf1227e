"""Faults of `synonyms.toml`, and what applying it means for a search."""

import pytest

from jiedao.kernel.memo import forget_all
from jiedao.kernel.policies import get_policy
from jiedao.kernel.synonyms import MOST_VARIANTS, expand_phrase
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.tests.tiny import TinyPack


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        ('[[synonym]]\nwords = ["广告牌"]\n', "bad-value", 2),
        ('[[synonym]]\nwords = ["广告牌", "广告牌"]\n', "duplicate", 2),
        ('[[synonym]]\nwords = ["灯", "路灯"]\n', "bad-value", 2),
        ('[[synonym]]\nwords = ["广告 牌", "招牌"]\n', "bad-value", 2),
        ('[[synonym]]\nwords = ["广告牌", "招牌"]\n[[synonym]]\nwords = ["牌匾", "招牌"]\n', "duplicate", 4),
        ("[[synonym]]\n", "missing-key", 1),
    ],
)
def test_a_mistake_in_the_synonyms_is_reported_at_its_line(
    tiny: TinyPack, lines: str, code: str, line: int
) -> None:
    tiny.write("synonyms.toml", lines)
    faults = {(fault.code, fault.line) for fault in tiny.report().errors if fault.file == "synonyms.toml"}
    assert (code, line) in faults
    assert all(fault.hint for fault in tiny.report().errors)


@pytest.mark.django_db
def test_synonyms_of_an_applied_pack_replace_each_other(tiny: TinyPack) -> None:
    lines = '[[synonym]]\nwords = ["招牌", "广告牌"]\n[[synonym]]\nwords = ["ＬＥＤ", "led屏"]\n'
    tiny.write("synonyms.toml", lines)
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    apply_pack(pack=pack, actor=make_system_actor())
    forget_all()
    assert get_policy("synonyms") == [["招牌", "广告牌"], ["led", "led屏"]]
    assert expand_phrase("广告牌掉落") == ["广告牌掉落", "招牌掉落"]
    assert expand_phrase("路灯") == ["路灯"]
    assert len(expand_phrase("招牌 LED")) == 4 <= MOST_VARIANTS
