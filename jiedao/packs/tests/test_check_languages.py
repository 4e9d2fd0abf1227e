"""Every mistake in a pack is one fault at its place, and its words are Chinese or English, but not both."""

import re

import pytest
from django.utils.translation import override

from jiedao.kernel.packs.faults import Fault
from jiedao.kernel.packs.parts import list_files
from jiedao.packs.check import check_pack
from jiedao.packs.tests.mistakes import MISTAKES, Mistake, write_pack
from jiedao.packs.tests.tiny import TinyPack
from jiedao.registers.pack.checks import RESERVED_KEYS

CJK = re.compile(r"[\u3400-\u9fff]+")
LATIN = re.compile(r"[A-Za-z][A-Za-z_]*[A-Za-z]")
CHINESE_MARKS = re.compile(r"[，。；：？、（）]")
# Names of formats, programs, files and keys that a Chinese text may hold beside the words of the pack.
NAMES = frozenset(
    re.findall(
        r"\w+",
        """CSV Excel EPSG FeatureCollection GB18030 GBK GeoJSON JSON MultiPolygon Polygon TOML UTF WGS WPS
        docs/reference/pack-format.md docs/reference/rights.md docs/how-to/upgrade.md docs/how-to/write-a-report.md
        score sheets wh wd true false CODE Dwelling contains""",
    )
)
SIGNS = "“”‘’，：＝"  # that a mistake may hold
SAMPLES = {"居住", "商铺", "噪音", "噪声", "是", "否", "万"}  # that an English hint lets people write


@pytest.fixture(params=MISTAKES, ids=lambda mistake: f"{mistake.file} {mistake.new[:30]}")
def faulty(request: pytest.FixtureRequest, tiny: TinyPack) -> tuple[TinyPack, Mistake]:
    """Return a complete pack with one mistake."""
    mistake: Mistake = request.param
    write_pack(tiny)
    tiny.edit(mistake.file, mistake.old, mistake.new)
    return tiny, mistake


def find_faults(tiny: TinyPack, language: str) -> list[Fault]:
    with override(language):
        report = check_pack(tiny.folder)[1]
    return sorted({*report.errors, *report.warnings})


def read_words(tiny: TinyPack) -> set[str]:
    """Return the words in the files of the pack, and in the names of all files, tables and columns."""
    texts = [path.read_text(encoding="utf-8") for path in tiny.folder.rglob("*.*")]
    for spec in list_files():
        texts += [spec.name, *spec.tables]
        texts += [
            f"{column.name} {column.choices}" for table in spec.tables.values() for column in table.columns
        ]
    text = " ".join(texts)
    return {*LATIN.findall(text), *CJK.findall(text)}


def test_a_mistake_is_named_at_its_place_in_both_languages(faulty: tuple[TinyPack, Mistake]) -> None:
    tiny, mistake = faulty
    chinese, english = (find_faults(tiny, language) for language in ("zh-hans", "en"))
    places = [(fault.file, fault.line, fault.column, fault.code) for fault in chinese]
    assert places == [(fault.file, fault.line, fault.column, fault.code) for fault in english]
    assert any(str(fault).startswith(f"{mistake.place}: {mistake.code}: ") for fault in english)
    assert all(CJK.search(fault.message) for fault in chinese)
    assert all(fault.hint for fault in chinese)


def test_the_words_of_a_fault_are_of_one_language(faulty: tuple[TinyPack, Mistake]) -> None:
    tiny, _mistake = faulty
    known = NAMES | SAMPLES | RESERVED_KEYS | read_words(tiny)
    for fault in find_faults(tiny, "zh-hans"):
        words = LATIN.findall(f"{fault.message} {fault.hint}")
        assert [word for word in words if word not in known] == [], str(fault)
    for fault in find_faults(tiny, "en"):
        text = f"{fault.message} {fault.hint}"
        assert [word for word in CJK.findall(text) if word not in known] == [], str(fault)
        assert [mark for mark in CHINESE_MARKS.findall(text) if mark not in SIGNS] == [], str(fault)
