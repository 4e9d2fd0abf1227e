"""The pages of messages outside the system: a user's own addresses and choices, and the administrator's deliveries."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from jiedao.audit.models import Entry
from jiedao.delivery.channels.files import get_outbox
from jiedao.delivery.models import Address, Delivery, DeliveryState, Receiver
from jiedao.delivery.texts import CODE
from jiedao.kernel import clock
from jiedao.kernel.crypto import decrypt
from jiedao.kernel.jobs import run_pending
from jiedao.notices.models import Notice
from jiedao.testing.cast import Town, walk

SignedIn = Callable[[str], Client]
PAGE = "/desk/account/messages/"
ADMIN = "/desk/admin/messages/"


@pytest.fixture(autouse=True)
def outbox(settings: Any, tmp_path: Path) -> Path:
    """Let the files of each test be its own, and the site have an address."""
    settings.JIEDAO_DATA = tmp_path
    settings.JIEDAO_SITE_URL = "https://jiedao.example.gov.cn"
    return tmp_path / "outbox"


def enter(client: Client, channel: str, target: str) -> Any:
    return client.post(f"{PAGE}address/", {"channel": channel, "target": target})


def read_code(user_id: int, channel: str) -> str:
    return decrypt(Address.objects.get(user_id=user_id, channel=channel).code, context=CODE)


def verify(client: Client, channel: str, code: str) -> Any:
    return client.post(f"{PAGE}verify/", {"channel": channel, "code": code})


def enter_and_verify(
    client: Client, user_id: int, channel: str = "SMS", target: str = "138 0013 8000"
) -> None:
    assert enter(client, channel, target).status_code == 302
    assert verify(client, channel, read_code(user_id, channel)).status_code == 302


def test_an_address_is_used_only_after_the_code_that_was_sent_to_it(town: Town, signed_in: SignedIn) -> None:
    client, user = signed_in("handler"), town.users["handler"]
    enter(client, "SMS", "138 0013 8000")
    assert run_pending() == 1
    (file,) = get_outbox("SMS").iterdir()
    message = json.loads(file.read_text())
    code = read_code(user.pk, "SMS")
    assert message["to"] == "13800138000"
    assert code in message["text"]
    wrong = verify(client, "SMS", "000000" if code != "000000" else "111111")
    assert wrong.status_code == 422
    assert "验证码不对" in wrong.content.decode()
    assert verify(client, "SMS", f" {code} ").status_code == 302
    page = client.get(PAGE).content.decode()
    assert "138****8000" in page
    assert "13800138000" not in page
    row = Address.objects.get()
    assert "13800138000" not in row.target
    assert not any("13800138000" in json.dumps(entry.after) for entry in Entry.objects.all())


def test_a_code_can_be_guessed_five_times_and_lasts_fifteen_minutes(town: Town, signed_in: SignedIn) -> None:
    client, user = signed_in("handler"), town.users["handler"]
    enter(client, "MAIL", "li@example.gov.cn")
    code = read_code(user.pk, "MAIL")
    for _turn in range(5):
        verify(client, "MAIL", "not it")
    assert verify(client, "MAIL", code).status_code == 422
    now = clock.real_now()
    again = {"channel": "MAIL", "again": "1"}
    assert client.post(f"{PAGE}address/", again).status_code == 422  # not within a minute
    with clock.at(now + timedelta(minutes=2)):
        assert client.post(f"{PAGE}address/", again).status_code == 302
        code = read_code(user.pk, "MAIL")
    with clock.at(now + timedelta(minutes=18)):
        late = verify(client, "MAIL", code)
    assert late.status_code == 422
    assert "过期" in late.content.decode()
    assert Address.objects.get().verified_at is None


@pytest.mark.parametrize(
    ("channel", "target", "advice"),
    [
        ("SMS", "0755-28123456", "短信只能发到手机"),
        ("SMS", "138", "短信只能发到手机"),
        ("MAIL", "li@", "这不是邮件地址"),
        ("WEBHOOK", "ftp://a", "网址要以 https:// 开头"),
        ("PIGEON", "x", "没有这种接收方式"),
    ],
)
def test_a_wrong_address_is_refused_with_advice_and_stays_in_the_form(
    signed_in: SignedIn, channel: str, target: str, advice: str
) -> None:
    answer = enter(signed_in("handler"), channel, target)
    assert answer.status_code in {404, 422}
    assert advice in answer.content.decode()
    assert channel == "PIGEON" or f'value="{target}"' in answer.content.decode()
    assert Address.objects.count() == 0


def test_a_removed_address_gets_nothing_more(town: Town, signed_in: SignedIn, outbox: Path) -> None:
    client = signed_in("handler")
    enter_and_verify(client, town.users["handler"].pk)
    run_pending()
    client.post(f"{PAGE}remove/", {"channel": "SMS"})
    assert Address.objects.count() == 0
    assert "未填写" in client.get(PAGE).content.decode()


def test_choices_hours_and_language_are_stored_and_can_follow_the_post_again(
    town: Town, signed_in: SignedIn
) -> None:
    client, user = signed_in("handler"), town.users["handler"]
    hours = {"quiet_from": "21:00", "quiet_to": "06:30", "digest_hour": "9", "language": "en"}
    picked = ["TASK:MAIL", "TASK:DIGEST", "NEWS:SMS", "OTHER:MAIL", "TASK:PIGEON"]
    assert client.post(PAGE, {**hours, "choice": picked}).status_code == 302
    row = Receiver.objects.get(user=user)
    assert row.choices == {"TASK": ["MAIL", "DIGEST"], "URGE": [], "NEWS": ["SMS"]}
    assert (f"{row.quiet_from:%H:%M}", f"{row.quiet_to:%H:%M}", row.digest_hour, row.language) == (
        "21:00",
        "06:30",
        9,
        "en",
    )
    half = client.post(PAGE, {**hours, "quiet_to": ""})
    assert half.status_code == 422
    assert "两头都填" in half.content.decode()
    assert client.post(PAGE, {**hours, "reset": "1"}).status_code == 302
    row.refresh_from_db()
    assert (row.choices, row.quiet_from, row.digest_hour) == (None, None, None)


def test_a_message_names_a_case_by_number_and_category_with_its_link(town: Town, signed_in: SignedIn) -> None:
    enter_and_verify(signed_in("handler"), town.users["handler"].pk, "MAIL", "li@example.gov.cn")
    Receiver.objects.update(quiet_from="00:00", quiet_to="00:00", digested_date="2999-01-01")
    run_pending()
    case = walk(town, to="DISPATCHED")
    assert Notice.objects.filter(user=town.users["handler"], to_deliver=True).exists()
    from jiedao.delivery.jobs import send_messages

    send_messages()
    texts = [path.read_bytes() for path in get_outbox("MAIL").iterdir()]
    import email
    import email.policy

    mails = [email.message_from_bytes(text, policy=email.policy.default) for text in texts]
    (mail,) = [mail for mail in mails if case.number in str(mail["Subject"])]
    assert case.category is not None
    assert mail["Subject"] == f"新派案件：{case.number} {case.category.name}"
    body = mail.get_content()  # type: ignore[attr-defined]
    assert f"https://jiedao.example.gov.cn/desk/cases/{case.number}/" in body
    assert case.subject not in f"{mail['Subject']}{body}"
    assert case.detail not in body


def test_an_administrator_sees_lost_messages_masked_and_sends_them_again(
    town: Town, signed_in: SignedIn
) -> None:
    user = town.users["handler"]
    enter_and_verify(signed_in("handler"), user.pk, "MAIL", "li@example.gov.cn")
    run_pending()
    address = Address.objects.get()
    notice = Notice.objects.create(user=user, kind="cases.case:assigned", object_type="cases.case", key="k")
    lost = Delivery.objects.create(
        purpose="NOTICE",
        channel="MAIL",
        address=address,
        user=user,
        notice=notice,
        key="k",
        urgent=True,
        state=DeliveryState.FAILED,
        reason="邮件服务器拒收这个地址",
        detail="550",
    )
    own_page = signed_in("handler").get(PAGE).content.decode()
    assert "没有送到的消息" in own_page
    assert "邮件服务器拒收这个地址（550）" in own_page
    admin = signed_in("admin")
    page = admin.get(ADMIN).content.decode()
    assert "邮件服务器拒收这个地址（550）" in page
    assert user.full_name in page
    assert "l***@example.gov.cn" in page
    assert "li@example.gov.cn" not in page
    assert admin.post(f"{ADMIN}again/", {"id": lost.pk}).status_code == 302
    run_pending()
    lost.refresh_from_db()
    assert (lost.state, lost.reason) == (DeliveryState.SENT, "")
    assert Entry.objects.filter(action="delivery.delivery:again").count() == 1


def test_a_robot_is_added_tested_and_removed(signed_in: SignedIn, town: Town) -> None:
    admin = signed_in("admin")
    form = {
        "name": "工作群",
        "target": "https://robots.test/x?key=9",
        "unit": town.units["URBAN"].pk,
        "groups": ["URGE"],
    }
    answer = admin.post(f"{ADMIN}robots/", form)
    robot = Address.objects.get()
    assert answer.status_code == 200
    assert (robot.unit, robot.groups, robot.user) == (town.units["URBAN"], ["URGE"], None)
    page = admin.get(f"{ADMIN}robots/").content.decode()
    assert "robots.test" in page
    assert "key=9" not in page
    admin.post(f"{ADMIN}robots/{robot.pk}/test/")
    run_pending()
    (file,) = get_outbox("WEBHOOK").iterdir()
    assert "工作群" in json.loads(file.read_text())["text"]
    admin.post(f"{ADMIN}robots/{robot.pk}/remove/")
    assert not Address.objects.exists()
    assert admin.post(f"{ADMIN}robots/", {**form, "groups": []}).status_code == 422


def test_the_list_of_messages_costs_the_same_for_many(
    town: Town, signed_in: SignedIn, django_assert_max_num_queries: Any
) -> None:
    address = Address.objects.create(channel="SMS", user=town.users["handler"])
    rows = [
        Delivery(
            purpose="NOTICE",
            channel="SMS",
            address=address,
            user_id=address.user_id,
            key=f"{n}",
            state="FAILED",
        )
        for n in range(120)
    ]
    Delivery.objects.bulk_create(rows)
    admin = signed_in("admin")
    admin.get(ADMIN)
    with django_assert_max_num_queries(14):
        page = admin.get(ADMIN).content.decode()
    assert page.count('name="id"') == 50
