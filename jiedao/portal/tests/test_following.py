"""Following over HTTP: the code, limits of wrong ones, adding, rating, messages, and the matters of a phone."""

import re
import uuid
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from django.conf import LazySettings, settings
from django.test import Client

from jiedao.accounts.models import FailureCount
from jiedao.cases.actions.intake import NewCase
from jiedao.cases.following_public import notifying
from jiedao.cases.following_public.answering import add_information, list_causes
from jiedao.cases.following_public.codes import TRIES_OF_CASE, open_by_code
from jiedao.cases.following_public.erasing import erase_followers
from jiedao.cases.following_public.proving import (
    check_proof,
    derive_proof_code,
    list_phone_matters,
    send_proof,
)
from jiedao.cases.following_public.reading import read_followed_case
from jiedao.cases.following_public.reporting import PublicReport, follow_publicly, report_publicly
from jiedao.cases.models import Case, CaseMove, Category, ContactProof, Follower, Reason, ReturnVisit
from jiedao.cases.moves.allowed import list_allowed_moves
from jiedao.cases.moves.perform import perform
from jiedao.files.models import Attachment
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, TooManyRequests, UserError
from jiedao.kernel.jobs import run_pending
from jiedao.kernel.memo import forget_all
from jiedao.portal.challenge import make_challenge
from jiedao.portal.tests.test_reporting import answer, draw_photo
from jiedao.publishing.review.actions import PublicDraft, release_case
from jiedao.publishing.tests.participation.conftest import add_photo, give_rights
from jiedao.testing.cast import Town, make_town, walk_case
from jiedao.testing.public_site import open_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    """The cast, in a town with a public site."""
    town = make_town()
    open_site()
    return town


def report(town: Town, **changes: object) -> PublicReport:
    """File a matter of the public in grid G1."""
    fields = {
        "channel": "WEB",
        "subject": "垃圾没人清",
        "detail": "楼下的垃圾三天没有人清运",
        "category_id": town.categories["RUBBISH"].pk,
        "area_id": town.areas["G1"].pk,
        "client_uuid": uuid.uuid4(),
    }
    return report_publicly(NewCase(**{**fields, **changes}))


def solve(**fields: str) -> dict[str, str]:
    """Return a form that asks for a one-time code, with a new challenge that a person without scripts solved."""
    token = make_challenge().token
    return {**fields, "challenge": token, "answer": answer(token)}


def close(town: Town, number: str) -> Case:
    """Close a case through the loop, as the office does."""
    return walk_case(town, Case.objects.get(number=number), to="CLOSED")


def open_case(client: Client, made: PublicReport) -> None:
    page = client.post("/follow/", {"number": made.number, "code": made.code.lower()})
    assert page.headers["Location"] == f"/follow/{made.number}/"


def test_a_code_opens_the_case_and_another_browser_is_asked_for_it(client: Client, town: Town) -> None:
    made = report(town)
    open_case(client, made)
    page = client.get(f"/follow/{made.number}/")
    assert "已收到，等待受理" in page.text
    assert "楼下的垃圾三天没有人清运" in page.text
    assert Client().get(f"/follow/{made.number}/").status_code == 302


def test_the_link_of_the_qr_code_opens_the_case(client: Client, town: Town) -> None:
    made = report(town)
    assert client.get(f"/follow/open/?n={made.number}&c={made.code}").status_code == 302
    assert client.get(f"/follow/{made.number}/").status_code == 200


def test_a_guessed_code_is_refused_and_then_no_more_tries_are_left(client: Client, town: Town) -> None:
    made, other = report(town), report(town)
    for _try in range(20):
        page = client.post("/follow/", {"number": made.number, "code": other.code})
        assert page.status_code == 404
    assert client.post("/follow/", {"number": made.number, "code": made.code}).status_code == 429
    assert FailureCount.objects.filter(key__startswith="follow:").exists()


def test_the_code_is_stored_as_a_digest(town: Town) -> None:
    made = report(town)
    assert made.code not in str(list(Follower.objects.values_list()))


def test_a_follower_adds_words_and_a_photo_that_only_the_reporter_sees(client: Client, town: Town) -> None:
    made = report(town)
    open_case(client, made)
    client.post(f"/follow/{made.number}/add/", {"text": "今天更多了", "photos": draw_photo()})
    page = client.get(f"/follow/{made.number}/")
    assert "今天更多了" in page.text
    photo = re.search(r'src="(/follow/[^"]+/photos/\d+/)"', page.text)[1]
    assert client.get(photo).status_code == 200
    assert Client().get(photo).status_code == 404
    assert client.post(f"/follow/{made.number}/add/", {"text": " "}).status_code == 422


def test_a_satisfied_rating_is_the_return_visit(client: Client, town: Town) -> None:
    made = report(town)
    close(town, made.number)
    open_case(client, made)
    assert "请您评价" in client.get(f"/follow/{made.number}/").text
    client.post(f"/follow/{made.number}/rate/", {"solved": "yes", "score": "5", "note": "很快"})
    case = Case.objects.get(number=made.number)
    assert (case.state, case.satisfaction, case.visit_outcome) == ("DONE", 5, "SATISFIED")
    assert ReturnVisit.objects.get(case=case).note == "很快"
    again = client.post(f"/follow/{made.number}/rate/", {"solved": "yes", "score": "5"})
    assert again.status_code == 409


def test_an_unsatisfied_rating_needs_a_cause_and_reopens_the_case(client: Client, town: Town) -> None:
    made = report(town)
    close(town, made.number)
    open_case(client, made)
    unexplained = client.post(f"/follow/{made.number}/rate/", {"solved": "no", "score": "1"})
    assert unexplained.status_code == 422
    assert "请选择不满意的原因" in unexplained.text
    cause = re.search(r'name="cause" value="([^"]+)"', unexplained.text)[1]
    client.post(f"/follow/{made.number}/rate/", {"solved": "no", "score": "1", "cause": cause})
    case = Case.objects.get(number=made.number)
    assert (case.state, case.reopens) == ("DISPATCHED", 1)


def read_sms() -> list[dict[str, str]]:
    folder = Path(settings.JIEDAO_DATA) / "outbox" / "sms"
    return [orjson.loads(path.read_bytes()) for path in folder.glob("*.json")]


def read_code(phone: str) -> str:
    """Return the one-time code that was sent to a phone."""
    run_pending()
    texts = [sms["text"] for sms in read_sms() if sms["to"] == phone]
    return re.search(r"\d{6}", texts[-1])[0]


@pytest.mark.django_db(transaction=True)
def test_messages_are_sent_only_to_a_contact_that_its_code_proves(client: Client) -> None:
    town = make_town()
    open_site()
    made, phone = report(town), "13912340001"
    open_case(client, made)
    refused = client.post(f"/follow/{made.number}/messages/", {"target": phone})
    assert (refused.status_code, phone in refused.text) == (422, True)
    neither = client.post(f"/follow/{made.number}/messages/", solve(target="123"))
    assert (neither.status_code, "请填手机号或邮箱。" in neither.text) == (422, True)
    page = client.post(f"/follow/{made.number}/messages/", solve(target=phone))
    key = re.search(r'name="key" value="([^"]+)"', page.text)[1]
    code = read_code(phone)
    wrong = "000000" if code != "000000" else "000001"
    again = client.post(f"/follow/{made.number}/messages/", {"key": key, "code": wrong})
    assert (again.status_code, f'value="{key}"' in again.text) == (422, True)
    assert Follower.objects.get().verified_at is None
    client.post(f"/follow/{made.number}/messages/", {"key": key, "code": code})
    follower = Follower.objects.get()
    assert follower.verified_at is not None
    assert phone not in follower.target
    assert not ContactProof.objects.exists()
    perform(town.actor("shift"), made.case_id, "REJECT", data={"reason": "COURT", "reply": "不归街道"})
    run_pending()
    texts = [sms["text"] for sms in read_sms() if sms["to"] == phone]
    assert len(texts) in {1, 2}  # in quiet hours the message waits
    assert all("不归街道" not in text for text in texts)


@pytest.mark.django_db(transaction=True)
def test_a_phone_lists_its_matters_after_a_one_time_code(client: Client) -> None:
    town = make_town()
    open_site()
    phone = "13912340002"
    made, _other = report(town, reporter_phone=phone), report(town)
    page = client.post("/mine/", solve(phone=phone))
    key = re.search(r'name="key" value="([^"]+)"', page.text)[1]
    code = read_code(phone)
    assert client.post("/mine/", {"key": key, "code": code}).status_code == 302
    listed = client.get("/mine/").text
    assert listed.count('class="p-state"') == 1
    assert phone not in listed
    assert client.post(f"/mine/{made.number}/").headers["Location"] == f"/follow/{made.number}/"
    used = client.post("/mine/", {"key": key, "code": code})
    assert used.status_code == 422
    assert "请重新要一个验证码" in used.text
    assert "两条之间至少隔 1 分钟" in used.text
    again = client.post("/mine/", {"key": key, "phone": phone, "again": "1"}).text
    assert f'value="{phone}"' in again
    assert Client().post(f"/mine/{made.number}/").headers["Location"] == "/mine/"


def test_a_mail_address_that_begins_with_a_number_opens_no_matters_of_that_number(
    client: Client, town: Town
) -> None:
    phone = "13877776666"
    report(town, reporter_phone=phone)
    for target in (f"{phone}/x@evil.example", f"{phone}|a@evil.example", f"{phone}、13912340000"):
        assert list_phone_matters(target) == []
    assert len(list_phone_matters(phone)) == 1
    key = send_proof("MAIL", "x@evil.example", address="192.0.2.1")
    code = derive_proof_code(ContactProof.objects.get(key=key).nonce)
    assert client.post("/mine/", {"key": key, "code": code}).status_code == 422
    assert "jiedao_phone" not in "".join(client.cookies)


def test_wrong_codes_of_strangers_do_not_lock_out_the_right_code(town: Town) -> None:
    made = report(town)
    for number in range(TRIES_OF_CASE + 1):
        with pytest.raises((NotFoundError, TooManyRequests)):
            open_by_code(made.number, "AAAA-AAAA", address=f"192.0.{number}.1")
    with pytest.raises(TooManyRequests):
        open_by_code(made.number, "AAAA-AAAA", address="198.51.100.1")
    assert open_by_code(made.number, made.code, address="198.51.100.2").case_id == made.case_id


def test_contacts_are_erased_in_time(town: Town) -> None:
    report(town)
    Follower.objects.update(channel="SMS", target="v1:x", erase_after="2019-01-01")
    assert erase_followers() == 1
    assert Follower.objects.get().target == ""


def test_a_follower_who_did_not_report_reads_no_text_and_cannot_rate(client: Client, town: Town) -> None:
    made = report(town)
    new = NewCase(channel="WEB", subject="", detail="我也看到了", client_uuid=uuid.uuid4())
    second = follow_publicly(made.case_id, new)
    assert CaseMove.objects.filter(move="COMMENT").count() == 1
    follow_publicly(made.case_id, new)
    assert CaseMove.objects.filter(move="COMMENT").count() == 1
    open_case(client, second)
    page = client.get(f"/follow/{made.number}/")
    assert "楼下的垃圾三天没有人清运" not in page.text
    close(town, made.number)
    rated = client.post(f"/follow/{made.number}/rate/", {"solved": "yes", "score": "5"})
    assert rated.status_code == 403


def follow(made: PublicReport, detail: str) -> Follower:
    """Let another person follow a case and return the follower."""
    new = NewCase(channel="WEB", subject="", detail=detail, client_uuid=uuid.uuid4())
    follow_publicly(made.case_id, new)
    return Follower.objects.select_related("case").latest("pk")


def test_only_who_has_the_form_is_asked_to_rate(client: Client, town: Town) -> None:
    made = report(town)
    second = follow_publicly(
        made.case_id, NewCase(channel="WEB", subject="", detail="我也看到了", client_uuid=uuid.uuid4())
    )
    close(town, made.number)
    open_case(client, second)
    page = client.get(f"/follow/{made.number}/").text
    assert "<h1>已经办结</h1>" in page
    assert "请您评价" not in page
    assert "只有反映人可以评价" in page


def test_a_merged_matter_names_the_one_whose_reporter_rates(client: Client, town: Town) -> None:
    main, made = report(town), report(town, detail="另一处垃圾")
    perform(town.actor("shift"), made.case_id, "MERGE", data={"into": main.number})
    close(town, main.number)
    draft = PublicDraft(subject="门口的垃圾", text="堆了三天。")
    release_case(give_rights(town).actor("registrar"), main.case_id, draft, version=0)
    open_case(client, made)
    page = client.get(f"/follow/{made.number}/").text
    assert f'<a href="/map/{main.number}/">{main.number}</a>' in page
    assert f"由 {main.number} 的反映人评价" in page
    assert "请您评价" not in page


def test_a_case_that_requires_no_visit_is_rated_after_its_end(client: Client, town: Town) -> None:
    Category.objects.filter(pk=town.categories["RUBBISH"].pk).update(visit_required=False)
    forget_all()
    made, late = report(town), report(town)
    ended_at = walk_case(town, Case.objects.get(pk=made.case_id), to="DONE").ended_at
    assert ended_at is not None
    assert "VISIT" not in {
        move.code for move in list_allowed_moves(town.actor("visitor"), Case.objects.get(pk=made.case_id))
    }
    open_case(client, made)
    assert "请您评价" in client.get(f"/follow/{made.number}/").text
    client.post(f"/follow/{made.number}/rate/", {"solved": "yes", "score": "4"})
    case = Case.objects.get(pk=made.case_id)
    assert (case.state, case.satisfaction, case.visit_outcome) == ("DONE", 4, "SATISFIED")
    assert case.ended_at == ended_at
    assert client.post(f"/follow/{made.number}/rate/", {"solved": "no", "score": "1"}).status_code in {
        409,
        422,
    }
    walk_case(town, Case.objects.get(pk=late.case_id), to="DONE")
    Case.objects.filter(pk=late.case_id).update(closed_at=clock.now() - timedelta(days=31))
    open_case(client, late)
    assert "请您评价" not in client.get(f"/follow/{late.number}/").text
    over = client.post(f"/follow/{late.number}/rate/", {"solved": "yes", "score": "5"})
    assert over.status_code == 409


def test_an_unsatisfied_rating_after_the_end_has_the_case_handled_again(client: Client, town: Town) -> None:
    Category.objects.filter(pk=town.categories["RUBBISH"].pk).update(visit_required=False)
    forget_all()
    made = report(town)
    walk_case(town, Case.objects.get(pk=made.case_id), to="DONE")
    open_case(client, made)
    cause = list_causes()[0][0]
    client.post(f"/follow/{made.number}/rate/", {"solved": "no", "score": "1", "cause": cause})
    case = Case.objects.get(pk=made.case_id)
    assert (case.state, case.reopens, case.ended_at) == ("DISPATCHED", 1, None)


def test_what_is_due_by_when_is_stated(client: Client, town: Town) -> None:
    made = report(town)
    open_case(client, made)
    page = client.get(f"/follow/{made.number}/").text
    assert "最晚什么时候受理" in page
    assert "最晚什么时候处置完" not in page
    walk_case(town, Case.objects.get(pk=made.case_id), to="HANDLING")
    page = client.get(f"/follow/{made.number}/").text
    assert "最晚什么时候受理" not in page
    assert "最晚什么时候处置完" in page
    assert "最晚什么时候办结" in page


def test_a_follower_reads_what_a_reviewer_released(client: Client, town: Town) -> None:
    made = report(town)
    second = follow_publicly(
        made.case_id, NewCase(channel="WEB", subject="", detail="我也看到了", client_uuid=uuid.uuid4())
    )
    registrar = give_rights(town).actor("registrar")
    walk_case(town, Case.objects.get(pk=made.case_id), to="FILED")
    photo = add_photo(town, Case.objects.get(pk=made.case_id))
    draft = PublicDraft(subject="门口的垃圾", text="堆了三天。", photos={photo: []})
    open_case(client, second)
    assert "审核后公开的内容" not in client.get(f"/follow/{made.number}/").text
    release_case(registrar, made.case_id, draft, version=0)
    page = client.get(f"/follow/{made.number}/").text
    assert "堆了三天。" in page
    assert "楼下的垃圾三天没有人清运" not in page
    assert re.search(r'<img src="/map/photos/\d+/"', page)


def test_each_person_reads_what_they_wrote_and_it_is_erased_in_time(town: Town) -> None:
    made = report(town)
    reporter, other = Follower.objects.select_related("case").get(), follow(made, "我是三栋的小李")
    add_information(reporter, "今天更多了")
    for person, own, foreign in ((reporter, "今天更多了", "小李"), (other, "小李", "今天更多了")):
        texts = "".join(step.text for step in read_followed_case(person).steps)
        assert own in texts
        assert foreign not in texts
    Follower.objects.update(erase_after="2019-01-01")
    erase_followers()
    texts = list(CaseMove.objects.filter(move="COMMENT").order_by("id").values_list("text", flat=True))
    assert texts == ["***", "今天更多了"]


def test_the_note_of_a_voided_case_is_not_shown_as_a_reply(town: Town) -> None:
    made = report(town)
    reason = Reason.objects.filter(kind="VOID")[0].code
    perform(town.actor("shift"), made.case_id, "VOID", data={"reason": reason, "note": "内部说明甲"})
    followed = read_followed_case(Follower.objects.select_related("case").get())
    assert "没有继续办理" in followed.reply
    assert "内部说明甲" not in str(followed)


def test_too_many_photos_are_refused_before_one_is_stored(client: Client, town: Town) -> None:
    made = report(town)
    open_case(client, made)
    photos = [draw_photo() for _number in range(10)]
    page = client.post(f"/follow/{made.number}/add/", {"text": "很多照片", "photos": photos})
    assert page.status_code == 422
    assert "很多照片" in page.text
    assert not Attachment.objects.exists()


def test_a_message_states_the_present_state_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    settings.JIEDAO_SITE_URL = "https://jiedao.example.gov.cn"
    made, sent = report(town), []
    Follower.objects.update(channel="SMS", target="x", verified_at=clock.now())
    monkeypatch.setattr(
        notifying, "send_message", lambda _receiver, key, _subject, text, _link: sent.append((key, text))
    )
    monkeypatch.setattr(notifying.find_quiet_hours(None).__class__, "find_end", lambda _self, _now: None)
    case = walk_case(town, Case.objects.get(pk=made.case_id), to="DISPATCHED")
    moves = CaseMove.objects.filter(case=case, to_state__in=notifying.NOTIFIED_STATES).order_by("id")
    for at in moves.values_list("at", flat=True):
        notifying.notify_follower(follower_id=Follower.objects.get().pk, at=at.isoformat())
    assert len({key for key, _text in sent}) == 1
    assert "已交承办单位" in sent[0][1]
    assert "https://jiedao.example.gov.cn/follow/" in sent[0][1]


def test_wrong_codes_are_counted_before_they_are_compared(town: Town) -> None:
    key = send_proof("MAIL", "a@example.org", address="192.0.2.1")
    proof = ContactProof.objects.get()
    ContactProof.objects.update(failures=5)
    with pytest.raises(UserError, match="不能用"):
        check_proof(key, derive_proof_code(proof.nonce))
    assert send_proof("MAIL", "a@example.org", address="192.0.2.1") == key  # too soon: nothing is sent
    assert ContactProof.objects.get().failures == 5
