"""The map and the pages of matters: exactly what a reviewer released, for everybody, without a script or a cookie."""

import io
import re
from dataclasses import replace

import pytest
from django.test import Client
from PIL import Image

from jiedao.cases.models import Case
from jiedao.kernel.memo import forget_all
from jiedao.publishing.models import PublicPhoto
from jiedao.publishing.review.actions import PublicDraft, release_case, withdraw_case
from jiedao.publishing.tests.participation.conftest import add_photo, give_rights
from jiedao.testing.cast import Town, make_town, walk
from jiedao.testing.public_site import open_site

DRAFT = PublicDraft(subject="小区门口的垃圾", text="堆了<b>三天</b>。", place_text="滨江路")


@pytest.fixture
def town(db: None) -> Town:
    town = give_rights(make_town())
    open_site()
    return town


@pytest.fixture
def case(town: Town) -> Case:
    return walk(town, detail="我是张三，13800138000，垃圾三天没清。")


def release(town: Town, case: Case, draft: PublicDraft = DRAFT, version: int = 0) -> None:
    release_case(town.actor("registrar"), case.pk, draft, version=version)


def test_a_case_is_on_no_public_page_before_its_review(client: Client, case: Case) -> None:
    for url in ("/map/", "/map/data/"):
        answer = client.get(url)
        assert answer.status_code == 200
        assert case.number not in answer.text
    assert client.get(f"/map/{case.number}/").status_code == 404
    unknown = client.get("/map/2020-99999999/")
    assert unknown.status_code == 404
    assert "p-page" in unknown.text


def test_a_released_case_is_listed_drawn_and_has_a_page_without_anything_else(
    town: Town, client: Client, case: Case
) -> None:
    release(town, case)

    listed, page = client.get("/map/"), client.get(f"/map/{case.number}/")
    points = [
        feature
        for feature in client.get("/map/data/").json()["features"]
        if feature["geometry"]["type"] == "Point"
    ]

    assert f'href="/map/{case.number}/"' in listed.text
    assert "堆了&lt;b&gt;三天&lt;/b&gt;。" in page.text
    [point] = points
    assert point["properties"] == {
        "kind": "case",
        "label": DRAFT.subject,
        "tone": "warn",
        "href": f"/map/{case.number}/",
    }
    assert point["geometry"]["coordinates"] != [114.105, 22.605]
    for answer in (listed, page):
        assert not answer.cookies
        for word in ("张三", "13800138000", "114.105,", "22.605,", "第1网格"):
            assert word not in answer.text, word


def test_the_public_photo_is_served_and_no_original(town: Town, client: Client, case: Case) -> None:
    photo = add_photo(town, case)
    release(town, case, replace(DRAFT, photos={photo: [[0, 0, 1000, 1000]]}))
    public = PublicPhoto.objects.get()

    [source] = re.findall(r'<img src="(/map/photos/[^"]+)"', client.get(f"/map/{case.number}/").text)
    answer = client.get(source)

    assert Image.open(io.BytesIO(b"".join(answer))).convert("L").getextrema()[1] < 8  # type: ignore[arg-type,operator]
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert client.get(f"/desk/files/{photo}/").status_code == 302
    withdraw_case(town.actor("registrar"), case.pk, note="撤下", version=1)
    assert client.get(f"/map/photos/{public.pk}/").status_code == 404


def test_filters_and_pages_of_the_list_work_without_a_script(town: Town, client: Client, case: Case) -> None:
    release(town, case)
    done = walk(town, to="CLOSED", subject="已清的垃圾")
    release(town, done, replace(DRAFT, subject="已清的垃圾"))

    solved = client.get("/map/?state=solved").text
    hill = client.get(f"/map/?area={town.areas['HILL'].pk}").text

    assert done.number in solved
    assert case.number not in solved
    assert "没有符合条件的事项" in hill
    assert client.get("/map/data/?state=solved&x=1").status_code == 422


def test_categories_of_the_same_name_are_chosen_by_what_they_are_about(town: Town, client: Client) -> None:
    pipe = town.categories["PIPE"]
    pipe.__class__.objects.filter(pk=pipe.pk).update(name="市容环境")
    forget_all()
    release(town, walk(town))
    assert "公共设施（" not in client.get("/map/").text  # it has no released matter
    other = walk(town)
    Case.objects.filter(pk=other.pk).update(category=town.categories["COVER"])
    release(town, other)

    page = client.get("/map/").text

    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', page, re.DOTALL)
    assert [label[:4] for label, _options in groups] == ["发生的事", "公共设施"]
    assert f'<option value="{town.categories["PIPE"].pk}">市容环境' in groups[1][1]


def test_there_is_no_map_while_the_pack_has_no_site(client: Client, db: None) -> None:
    forget_all()

    assert client.get("/map/").status_code == 404
