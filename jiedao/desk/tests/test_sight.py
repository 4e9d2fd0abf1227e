"""A page that is empty because of the post states why, and whom to ask."""

import pytest

from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel.memo import forget_all
from jiedao.orgs.models import Holding
from jiedao.testing.cast import Town, make_case, walk

NOTE = "您的岗位按辖区查看，但还没有辖区"
PAGES = ["/desk/", "/desk/cases/", "/desk/map/", "/desk/board/", "/desk/registers/"]


@pytest.fixture
def blind(town: Town) -> Town:
    """Return the town with a supervisor whose post sees by areas, in a unit without an area."""
    post = town.posts["supervisor"]
    post.unit = town.units["WATER"]
    post.permissions = [*post.permissions, "registers.record:view"]
    post.save()
    for _number in range(3):
        make_case(town)
    forget_all()
    return town


@pytest.mark.parametrize("page", PAGES)
def test_a_post_without_an_area_reads_why_it_sees_nothing(
    blind: Town, signed_in: SignedIn, page: str
) -> None:
    text = signed_in("supervisor").get(page).content.decode()
    assert NOTE in text
    assert "单位“区水务局”没有设辖区" in text
    assert "云溪街道办事处 系统管理员" in text
    assert "都办完了" not in text


@pytest.mark.parametrize("page", PAGES[:4])
def test_a_post_with_an_area_reads_no_note(town: Town, signed_in: SignedIn, page: str) -> None:
    assert NOTE not in signed_in("supervisor").get(page).content.decode()


def test_an_area_of_the_holding_ends_the_note(blind: Town, signed_in: SignedIn) -> None:
    Holding.objects.get(user=blind.users["supervisor"]).areas.set([blind.areas["RIVER"]])
    forget_all()
    assert NOTE not in signed_in("supervisor").get("/desk/cases/").content.decode()


def test_the_note_is_not_in_the_way_of_other_pages(blind: Town, signed_in: SignedIn) -> None:
    assert NOTE not in signed_in("supervisor").get("/desk/account/").content.decode()


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("water", "您的岗位只看得到“区水务局”主办、协办的案件"),
        ("grid3", "的案件，本单位主办、协办的，和您自己上报的；现在一件也没有"),
    ],
)
def test_an_empty_list_states_what_the_post_sees(
    town: Town, signed_in: SignedIn, who: str, words: str
) -> None:
    text = signed_in(who).get("/desk/cases/").content.decode()
    assert words in text
    assert "云溪街道办事处 系统管理员" in text


def test_an_empty_list_of_the_town_promises_nothing_else(town: Town, signed_in: SignedIn) -> None:
    assert "案件登记或导入后会列在这里。" in signed_in("dispatcher").get("/desk/cases/").content.decode()


def test_a_list_with_cases_has_no_words_about_the_scope(town: Town, signed_in: SignedIn) -> None:
    walk(town, to="HANDLING")
    assert "现在一件也没有" not in signed_in("handler").get("/desk/cases/").content.decode()
