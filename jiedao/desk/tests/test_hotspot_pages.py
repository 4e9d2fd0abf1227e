"""Hot matters on pages: what a reader may see of them, merging and supervising, repeated places and callers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from jiedao.cases.hot_matters import refresh_hot_matters, store_hot_matters
from jiedao.cases.models import Case, HotMatter
from jiedao.cases.text.heat import HotMatter as GroupedMatter
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.kernel.periods import parse_period
from jiedao.testing.cast import Town, make_cases

NOW = datetime(2020, 7, 1, 2, tzinfo=UTC)
FIRST = datetime(2020, 6, 10, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _july() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def noise(town: Town) -> list[Case]:
    """Four cases about noise at one place, three of them in G1; and one about something else."""
    rows = [
        {
            "reported_at": FIRST + timedelta(days=day),
            "subject": f"临江花园东门烧烤摊深夜噪音扰民{day}",
            "detail": "临江花园东门的烧烤摊每天夜里营业到两点，音响声音很大，居民无法休息。",
            "place_text": "临江花园东门",
            "state": "HANDLING",
            "unit": "URBAN",
            "grid": grid,
            "reporter_key": key,
            "has_reporter": True,
        }
        for day, grid, key in ((0, "G1", "a"), (7, "G1", "a"), (9, "G1", "b"), (12, "G3", "a"))
    ]
    other = {
        "reported_at": FIRST,
        "subject": "路灯不亮",
        "detail": "望山村口路灯坏了。",
        "grid": "G3",
        "state": "FILED",
    }
    make_cases(town, [*rows, other], index=False)
    return list(Case.objects.filter(place_text="临江花园东门").order_by("reported_at"))


def store(cases: list[Case]) -> None:
    matter = GroupedMatter(
        rank=1,
        title=cases[1].subject,
        place="临江花园",
        heat=6.5,
        first_at=cases[0].reported_at,
        last_at=cases[-1].reported_at,
        members=[case.number for case in cases],
    )
    store_hot_matters([matter], parse_period("2020-06-01..2020-06-30"))


def test_cases_about_one_matter_are_grouped_by_the_job(noise: list[Case]) -> None:
    pytest.importorskip("sklearn")
    assert refresh_hot_matters() == 1
    matter = HotMatter.objects.get()
    assert set(matter.cases.all()) == set(noise)
    assert refresh_hot_matters() == 1
    assert HotMatter.objects.count() == 1


def test_a_matter_shows_its_cases_place_course_and_callers(noise: list[Case], signed_in: SignedIn) -> None:
    store(noise)
    listed = signed_in("leader").get("/desk/hotspots/").content.decode()
    assert noise[1].subject in listed
    page = signed_in("leader").get(f"/desk/hotspots/{noise[0].number}/").content.decode()
    assert '<b class="j-num" id="matter-cases">4</b>' in page
    assert page.count("data-row>") == 4
    assert "临江花园" in page
    assert "06-08" in page  # the Monday of the first week
    assert '<span>反映人</span><b class="j-num">2</b>' in page


def test_a_reader_sees_only_the_cases_in_scope(noise: list[Case], signed_in: SignedIn) -> None:
    store(noise)
    page = signed_in("grid1").get(f"/desk/hotspots/{noise[0].number}/").content.decode()
    assert page.count("data-row>") == 3
    assert noise[3].number not in page
    # One case is no matter.
    assert signed_in("grid3").get(f"/desk/hotspots/{noise[3].number}/").status_code == 404
    assert "现在没有热点" in signed_in("grid3").get("/desk/hotspots/").content.decode()


def test_the_chosen_cases_are_merged_into_one(noise: list[Case], signed_in: SignedIn) -> None:
    store(noise)
    client = signed_in("shift")
    answer = client.post(
        f"/desk/hotspots/{noise[0].number}/merge/",
        {"ids": [case.pk for case in noise[:3]], "into": noise[0].number},
        follow=True,
    )
    assert "2 件" in answer.content.decode()
    assert [
        case.merged_into_id for case in Case.objects.filter(pk__in=[c.pk for c in noise]).order_by("pk")
    ] == [
        None,
        noise[0].pk,
        noise[0].pk,
        None,
    ]


def test_all_open_cases_are_supervised_with_one_requirement(noise: list[Case], signed_in: SignedIn) -> None:
    store(noise)
    client = signed_in("leader")
    address = f"/desk/hotspots/{noise[0].number}/supervise/"
    client.post(address, {"ids": [case.pk for case in noise]})
    assert not Case.objects.filter(supervised=True).exists()
    assert "一并督办" in client.get(f"/desk/hotspots/{noise[0].number}/").content.decode()
    answer = client.post(
        address,
        {"ids": [case.pk for case in noise], "note": "一周内解决夜间噪音", "answer_date": "2020-07-08"},
        follow=True,
    )
    assert "由城市管理科在 2020-07-08 前答复" in answer.content.decode()
    assert Case.objects.filter(supervised=True).count() == 4
    page = client.get(f"/desk/hotspots/{noise[0].number}/").content.decode()
    assert "一周内解决夜间噪音" in page
    assert "一并督办" not in page  # nothing remains to be supervised


def test_nothing_chosen_is_refused_with_a_hint(noise: list[Case], signed_in: SignedIn) -> None:
    store(noise)
    answer = signed_in("shift").post(
        f"/desk/hotspots/{noise[0].number}/merge/", {"into": noise[0].number}, follow=True
    )
    assert "没有选择案件" in answer.content.decode()


def test_repeated_places_and_callers_are_counted(noise: list[Case], signed_in: SignedIn) -> None:
    client = signed_in("leader")
    page = client.get("/desk/hotspots/").content.decode()
    assert "1 位反映人各反映了 3 件及以上，共 3 件。" in page
    link = "/desk/hotspots/place/?place=%E4%B8%B4%E6%B1%9F%E8%8A%B1%E5%9B%AD%E4%B8%9C%E9%97%A8"
    assert f'<a href="{link}">4</a>' in page
    assert client.get(link).content.decode().count("data-row>") == 4


def test_without_a_stored_list_the_page_states_when_it_comes(town: Town, signed_in: SignedIn) -> None:
    page = signed_in("leader").get("/desk/hotspots/").content.decode()
    assert "现在没有热点" in page or "没有安装文字分析组件" in page
