"""The pages of the public review and of consultations, over HTTP."""

import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from PIL import Image

from jiedao.cases.models import Case
from jiedao.desk.objects import link_objects
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.kernel.objects import ObjectRef
from jiedao.publishing.jobs import notify_reviewers
from jiedao.publishing.models import Consultation, PublicCase, PublicPhoto
from jiedao.publishing.selectors import get_public_case
from jiedao.publishing.tests.participation.conftest import add_photo, give_rights
from jiedao.testing.cast import Town, make_town, walk

TEXTS = {
    "subject": "门口的垃圾",
    "text": "堆了三天。",
    "place_text": "滨江路",
    "precision": "NEAR",
    "version": "0",
}


@pytest.fixture
def town(db: None) -> Town:
    return give_rights(make_town())


@pytest.fixture
def case(town: Town) -> Case:
    return walk(town, detail="我是张三，13800138000，门口堆了三天垃圾。")


def post(signed_in: SignedIn, case: Case, **data: object) -> object:
    return signed_in("registrar").post(reverse("desk:review_case", args=[case.number]), {**TEXTS, **data})


def test_the_queue_leads_to_a_case_with_a_proposal_without_numbers(signed_in: SignedIn, case: Case) -> None:
    client = signed_in("registrar")

    queue = client.get(reverse("desk:review")).content.decode()
    page = client.get(reverse("desk:review_case", args=[case.number])).content.decode()

    assert f'href="/desk/review/{case.number}/"' in queue
    proposal = re.search(r'<textarea[^>]* name="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert proposal is not None
    assert "■■■" in proposal[1]
    assert "13800138000" not in proposal[1]


def test_releasing_leads_to_the_case_that_waits_next(town: Town, signed_in: SignedIn, case: Case) -> None:
    other = walk(town, subject="别处的垃圾")

    answer = post(signed_in, case, do="release")

    assert answer.headers["Location"] == reverse("desk:review_case", args=[other.number])  # type: ignore[attr-defined]
    matter = get_public_case(case.number)
    assert matter is not None
    assert matter.subject == "门口的垃圾"


def test_a_reviewer_of_one_community_stays_in_it(town: Town, signed_in: SignedIn, case: Case) -> None:
    walk(town, subject="别处的垃圾")
    client, hill, river = signed_in("registrar"), town.areas["HILL"].pk, town.areas["RIVER"].pk
    url = reverse("desk:review_case", args=[case.number])

    assert (
        f'href="{url}?area={river}"' in client.get(f"{reverse('desk:review')}?area={river}").content.decode()
    )
    answer = client.post(f"{url}?area={hill}", {**TEXTS, "do": "release"})

    assert answer.headers["Location"] == f"{reverse('desk:review')}?area={hill}"


def test_boxes_typed_without_a_script_are_painted_black(town: Town, signed_in: SignedIn, case: Case) -> None:
    photo = add_photo(town, case)
    url = reverse("desk:review_case", args=[case.number])

    added = signed_in("registrar").post(url, {**TEXTS, "do": f"box-{photo}"}).content.decode()
    assert added.count(f'name="left_{photo}" value="40"') == 1
    sides, values = ("left", "top", "width", "height"), ("50", "0", "50%", "100")
    boxes = {f"{side}_{photo}": value for side, value in zip(sides, values, strict=True)}
    preview = signed_in("registrar").post(url, {**TEXTS, **boxes, f"show_{photo}": "on", "do": "preview"})
    [source] = re.findall(r'<img src="([^"]+\?[^"]*)"', preview.content.decode())
    picture = Image.open(io.BytesIO(signed_in("registrar").get(source.replace("&amp;", "&")).content))
    assert max(picture.getpixel((150, 50))) < 8  # type: ignore[arg-type]
    assert not PublicPhoto.objects.exists()

    post(signed_in, case, **boxes, **{f"show_{photo}": "on"}, do="release")
    assert PublicPhoto.objects.get().boxes == [[500, 0, 500, 1000]]


def test_a_refusal_shows_everything_that_was_typed(town: Town, signed_in: SignedIn, case: Case) -> None:
    photo = add_photo(town, case)
    boxes = {f"left_{photo}": "links", f"top_{photo}": "1", f"width_{photo}": "2", f"height_{photo}": "3"}

    number = post(signed_in, case, text="找张三，13800138000", do="release")
    box = post(signed_in, case, **boxes, **{f"show_{photo}": "on"}, do="release")

    assert number.status_code == 422  # type: ignore[attr-defined]
    assert "找张三，13800138000</textarea>" in number.content.decode()  # type: ignore[attr-defined]
    assert 'value="links"' in box.content.decode()  # type: ignore[attr-defined]
    assert "要写成数字" in box.content.decode()  # type: ignore[attr-defined]
    assert not PublicCase.objects.exists()


def test_a_stale_page_shows_the_present_decision(signed_in: SignedIn, case: Case) -> None:
    post(signed_in, case, do="release")

    answer = post(signed_in, case, do="withhold", note="不公开")

    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert 'name="version" value="1"' in answer.content.decode()  # type: ignore[attr-defined]


def test_withdrawing_asks_for_a_reason_and_takes_the_case_back(signed_in: SignedIn, case: Case) -> None:
    post(signed_in, case, do="release")

    assert post(signed_in, case, do="withdraw", version="1").status_code == 422  # type: ignore[attr-defined]
    post(signed_in, case, do="withdraw", version="1", note="反映人要求")

    assert get_public_case(case.number) is None
    page = signed_in("registrar").get(reverse("desk:review") + "?view=withheld").content.decode()
    assert "反映人要求" in page


def test_the_pages_are_closed_to_others(signed_in: SignedIn, case: Case) -> None:
    client = signed_in("dispatcher")

    assert client.get(reverse("desk:review")).status_code == 403
    assert client.post(reverse("desk:review_case", args=[case.number]), TEXTS).status_code == 403
    assert client.get(reverse("desk:consultations")).status_code == 403


def test_a_consultation_is_written_published_and_ended_on_its_pages(signed_in: SignedIn) -> None:
    client = signed_in("shift")
    today = clock.today()
    facts = {
        "name": "滨江路改造",
        "unit_name": "城市管理科",
        "intro": "怎么改。",
        "first_date": f"{today}",
        "last_date": f"{today}",
        "code_mode": "HANDED",
        "kind_1": "ONE",
        "label_1": "装在哪一边",
        "choices_1": "东边\n西边",
    }

    more = client.post(reverse("desk:consultation_new"), {**facts, "do": "add"}).content.decode()
    assert 'name="label_2"' in more
    assert "东边\n西边" in more
    client.post(reverse("desk:consultation_new"), {**facts, "do": "save"})
    row = Consultation.objects.get()
    client.post(reverse("desk:consultation_move", args=[row.pk]), {"move": "publish", "version": "1"})
    codes = client.post(reverse("desk:consultation_codes", args=[row.pk]), {"number": "5"}).content.decode()
    assert len(re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", codes)) == 5

    with clock.at(clock.now() + timedelta(days=2)):
        client = signed_in("shift")  # the earlier session has ended
        outcome = {
            "outcome": "装在东边。",
            "text_1": "东边更暗",
            "adoption_1": "ADOPTED",
            "reason_1": "照办",
            "version": "2",
        }
        page = client.post(
            reverse("desk:consultation_outcome", args=[row.pk]), {**outcome, "reason_1": "", "do": "publish"}
        )
        assert page.status_code == 422
        assert 'value="东边更暗"' in page.content.decode()
        client.post(reverse("desk:consultation_outcome", args=[row.pk]), {**outcome, "do": "publish"})
        assert "装在东边。" in client.get(reverse("desk:consultation", args=[row.pk])).content.decode()
    assert Consultation.objects.get().stage == "ENDED"


def test_the_home_page_of_a_reviewer_counts_the_waiting_cases_and_links_the_notice(
    town: Town, signed_in: SignedIn, case: Case
) -> None:
    notify_reviewers()
    home = signed_in("registrar").get("/desk/").content.decode()
    assert re.search(r'<a href="/desk/review/">公开审核</a> <span class="j-count">1</span>', home)
    assert "有 1 件案件等您决定公众能看到什么" in home
    links = link_objects(town.actor("registrar"), [ObjectRef("publishing.queue", 1)])
    assert [link.url for link in links.values()] == ["/desk/review/"]
    assert link_objects(town.actor("handler"), [ObjectRef("publishing.queue", 1)]) == {}
