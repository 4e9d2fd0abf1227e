"""Words to say and reasons of return visits in a pack."""

from jiedao.cases.scripts import read_visit_scripts
from jiedao.packs.check import check_pack
from jiedao.packs.tests.tiny import TinyPack

TOWN = '[[script]]\nlines = ["您好", "再见"]\n'
OF_CATEGORY = '\n[[script]]\ncategories = ["06010"]\nlines = ["关于{subject}"]\n'


def test_words_are_read_by_category_and_for_the_town(tiny: TinyPack) -> None:
    tiny.write("visits.toml", TOWN + OF_CATEGORY)
    pack, report = check_pack(tiny.folder)
    assert report.passed, report.errors
    assert read_visit_scripts(pack) == {"": ["您好", "再见"], "MATTER 06010": ["关于{subject}"]}


def test_words_for_a_category_that_does_not_exist_are_a_fault(tiny: TinyPack) -> None:
    tiny.write("visits.toml", TOWN + OF_CATEGORY.replace("06010", "06999"))
    fault = tiny.only_error()
    assert (fault.file, fault.code) == ("visits.toml", "dangling")


def test_two_scripts_for_one_category_are_a_fault(tiny: TinyPack) -> None:
    tiny.write("visits.toml", TOWN + OF_CATEGORY + OF_CATEGORY)
    fault = tiny.only_error()
    assert (fault.file, fault.code) == ("visits.toml", "duplicate")


def test_a_pack_without_causes_and_reasons_of_visits_stays_sound(tiny: TinyPack) -> None:
    assert '"CAUSE"' not in (tiny.folder / "reasons.toml").read_text(encoding="utf-8")
    assert tiny.report().passed
