"""Stock phrases wherever a person writes a result, a reply or a reason; all of it works without script."""

import re
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jiedao.cases.models import Case, CaseMove, Phrase, ReturnVisit
from jiedao.desk.models import OwnPhrase
from jiedao.desk.phrases import OTHER_PLACES
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.projects.tests.promise_parts import JULY, add_item, promise_town
from jiedao.testing.cast import Town, make_cases, walk

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    made = promise_town()
    with clock.at(JULY):
        yield made


def add(kind: str, text: str, move: str = "") -> Phrase:
    phrase = Phrase.objects.create(kind=kind, code=f"P{Phrase.objects.count()}", move=move, text=text)
    forget_all()
    return phrase


def body(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, address: str, **fields: object) -> str:
    answer = client.post(address, fields)
    assert answer.status_code == 200
    return answer.content.decode()


def read_text(page: str, name: str) -> str:
    match = re.search(rf'<textarea[^>]*name="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert match is not None, name
    return match[1].strip()


def test_the_dispatcher_inserts_a_reply_without_script(town: Town, signed_in: SignedIn) -> None:
    phrase, case = add("REPLY", "不属本街道职责。", "REJECT"), walk(town, to="REPORTED")
    post = town.posts["dispatcher"]
    post.permissions = [*post.permissions, "cases.case:reject"]
    post.save()
    client = signed_in("dispatcher")
    fields = {"id": case.pk, "number": case.number, "version": case.version, "reason": "COURT"}
    page = press(client, "/desk/dispatcher/", **fields, reply="您好。", phrase=f"reply:pack:{phrase.pk}")
    assert read_text(page, "reply") == "您好。\n不属本街道职责。"
    assert '<option value="COURT" selected>' in page
    case.refresh_from_db()
    assert case.state == "REPORTED"


def test_the_dispatcher_inserts_a_note_and_saves_an_own_one(town: Town, signed_in: SignedIn) -> None:
    phrase, case, client = add("REASON", "请今天到场。"), walk(town, to="FILED"), signed_in("dispatcher")
    fields = {"id": case.pk, "number": case.number, "version": case.version, "unit": town.units["WATER"].pk}
    page = press(client, "/desk/dispatcher/", **fields, note="急。", phrase=f"note:pack:{phrase.pk}")
    assert read_text(page, "note") == "急。\n请今天到场。"
    assert f'<option value="{town.units["WATER"].pk}" selected>' in page
    press(client, "/desk/dispatcher/", **fields, note="先打电话。", keep_phrase="note")
    assert OwnPhrase.objects.get().text == "先打电话。"


def test_a_return_visit_offers_phrases_of_visits_alone_and_keeps_the_call(
    town: Town, signed_in: SignedIn
) -> None:
    add("REASON", "请今天到场。")
    phrase, case = add("REASON", "反映人没有其他要求。", "VISIT"), walk(town, to="CLOSED")
    client, address = signed_in("visitor"), f"/desk/cases/{case.number}/visit/"
    page = body(client, address)
    assert "反映人没有其他要求。" in page
    assert "请今天到场。" not in page
    page = press(
        client,
        address,
        version=case.version,
        reached="yes",
        solved="yes",
        satisfaction="5",
        note="谢谢。",
        revealed="电话回访",
        phrase=f"note:pack:{phrase.pk}",
    )
    assert read_text(page, "note") == "谢谢。\n反映人没有其他要求。"
    assert "13800138000" in page  # the number that was revealed stays
    assert not ReturnVisit.objects.exists()


def test_bulk_dispatch_writes_the_same_note_to_every_case(town: Town, signed_in: SignedIn) -> None:
    add("REASON", "请今天到场。")
    client = signed_in("dispatcher")
    cases = make_cases(town, [{}, {}])
    assert '<option value="请今天到场。">' in body(client, "/desk/cases/")
    ids = [case.pk for case in cases]
    client.post("/desk/cases/bulk/", {"ids": ids, "unit": town.units["URBAN"].pk, "note": "请今天到场。"})
    notes = CaseMove.objects.filter(move="DISPATCH").values_list("text", flat=True)
    assert list(notes) == ["请今天到场。", "请今天到场。"]


def test_a_pledge_offers_results_and_keeps_the_uploads(town: Town, signed_in: SignedIn) -> None:
    phrase, pledge = add("RESULT", "已全部完成。"), add_item(town)
    client = signed_in("handler")
    address = f"/desk/promises/pledges/{pledge.pk}/"
    assert "已全部完成。" in body(client, f"{address}?move=REPORT")
    upload = SimpleUploadedFile("验收单.pdf", PDF, "application/pdf")
    page = press(
        client, f"{address}REPORT/", evidence="六月。", photos=upload, phrase=f"evidence:pack:{phrase.pk}"
    )
    assert read_text(page, "evidence") == "六月。\n已全部完成。"
    assert "验收单.pdf" in page
    kept = re.search(r'name="kept" value="([0-9]+)"', page)
    assert kept is not None
    answer = client.post(f"{address}REPORT/", {"evidence": "六月已完成。", "kept": kept[1]})
    assert answer.status_code == 302
    pledge.refresh_from_db()
    assert pledge.state == "REPORTED"


@pytest.mark.parametrize("place", sorted(OTHER_PLACES))
def test_every_place_saves_own_phrases_by_script_too(town: Town, signed_in: SignedIn, place: str) -> None:
    (name, kind), *_more = OTHER_PLACES[place].items()
    answer = signed_in("handler").post(f"/desk/cases/phrases/{place}/", {"field": name, "text": "照旧。"})
    assert "照旧。" in answer.content.decode()
    assert OwnPhrase.objects.get().kind == kind


def test_the_answer_to_a_supervision_offers_own_phrases(town: Town, signed_in: SignedIn) -> None:
    case: Case = walk(town, to="HANDLING")
    answer = signed_in("handler").post(
        "/desk/cases/phrases/ANSWER/", {"field": "answer", "text": "已约业主。"}
    )
    assert answer.status_code == 200
    assert OwnPhrase.objects.get().kind == "REASON"
    assert case.state == "HANDLING"
