"""Names by which files look rows up: two that fold to one are refused."""

from jiedao.packs.tests.tiny import TOWN, TinyPack


def test_two_units_whose_names_fold_to_one_are_refused(tiny: TinyPack) -> None:
    tiny.append("units.toml", '\n[[unit]]\ncode = "CG2"\nname = "城管 办"\nkind = "DEPARTMENT"\n')

    fault = tiny.only_error()

    assert (fault.file, fault.code) == ("units.toml", "duplicate")
    assert "城管办" in fault.message


def test_two_categories_of_one_parent_whose_names_fold_to_one_are_refused(tiny: TinyPack) -> None:
    tiny.edit("categories.csv", "MATTER,06010,暴露垃圾", "MATTER,06010,私搭　乱建")

    assert (tiny.only_error().line, tiny.only_error().code) == (6, "duplicate")


def test_categories_of_two_parents_may_have_one_name(tiny: TinyPack) -> None:
    tiny.edit("categories.csv", "MATTER,06010,暴露垃圾", "MATTER,06010,供水井盖")

    assert tiny.report().passed


def test_two_communities_whose_names_fold_to_one_are_refused(tiny: TinyPack) -> None:
    tiny.edit("areas.csv", f"{TOWN}002,西社区", f"{TOWN}002,东 社区")

    assert (tiny.only_error().file, tiny.only_error().line) == ("areas.csv", 5)


def test_the_same_english_name_is_a_warning(tiny: TinyPack) -> None:
    tiny.edit("areas.csv", "西社区,West", "西社区,East")

    assert tiny.report().passed
    assert [fault.line for fault in tiny.report().warnings if fault.code == "duplicate"] == [5]
