"""The pages of promises: figures with links to their records, moves on a pledge, aid."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jiedao.desk.tests.stock import FEED, G1, G3, remove, stock_register
from jiedao.kernel import clock
from jiedao.orgs.actor import make_system_actor
from jiedao.projects.actions.aid import add_commitment
from jiedao.projects.actions.pledges import confirm_pledge, report_pledge_done
from jiedao.projects.models.promises import CampaignEntry, Payment, Pledge, Quota
from jiedao.projects.tests.promise_parts import JULY, add_item, create_campaign, create_partners, promise_town
from jiedao.testing.cast import Town

SignedIn = Callable[[str], Client]
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def town(db: None) -> Iterator[Town]:
    made = promise_town()
    post = made.posts["leader"]
    post.permissions = [*post.permissions, "registers.record:view"]
    post.save()
    with clock.at(JULY):
        yield made


def text(client: Client, url: str, status: int = 200) -> str:
    page = client.get(url)
    assert page.status_code == status, url
    return page.content.decode()


def test_figures_of_a_campaign_link_to_their_records(town: Town, signed_in: SignedIn) -> None:
    info = stock_register()
    remove(info, "S1", G1, 200_000.5, "2020-03-11")
    remove(info, "S2", G3, 122_799.5, "2020-06-30")
    remove(info, "S3", G3, 7_000, "2020-07-01")
    create_campaign(town, feed=FEED)
    page = text(signed_in("leader"), "/desk/promises/campaigns/stock2020/?on=2020-06-30")
    assert ">32.28<" in page
    assert "/ 35.42 万平方米" in page
    assert "91.1 %" in page
    area = town.areas["RIVER"].pk
    rows = f"/desk/registers/stock/?f.state=GONE&f.removed_on.from=2020-01-01&f.removed_on.to=2020-06-30&area={area}"
    assert rows.replace("&", "&amp;") in page
    listed = text(signed_in("leader"), rows)
    assert [code in listed for code in ("S1号棚屋", "S2号棚屋")] == [True, False]
    assert "/desk/registers/" not in text(signed_in("handler"), "/desk/promises/campaigns/stock2020/")
    assert "93.1 %" in text(signed_in("leader"), "/desk/promises/")
    text(signed_in("grid3"), "/desk/promises/campaigns/stock2020/", 404)


def test_split_must_add_up_to_the_target(town: Town, signed_in: SignedIn) -> None:
    create_campaign(town, feed=None)
    client, url = signed_in("handler"), "/desk/promises/campaigns/stock2020/split/"
    river, hill = (f"area_{town.areas[name].pk}" for name in ("RIVER", "HILL"))
    refused = client.post(url, {river: "20.42", hill: "14"})
    assert refused.status_code == 422
    assert "比目标 35.42 少 1" in refused.content.decode()
    assert 'value="20.42"' in refused.content.decode()
    assert client.post(url, {river: "20.42", hill: "15"}).status_code == 302
    assert Quota.objects.count() == 2
    assert 'value="15"' in text(client, url)


def test_amount_is_entered_with_its_document(town: Town, signed_in: SignedIn) -> None:
    create_campaign(town, key="trees", feed=None, measure="棵", target=Decimal(100), digits=0)
    client, url = signed_in("handler"), "/desk/promises/campaigns/trees/"
    fields = {"day": "2020-03-12", "amount": "30", "document": "简报", "area": town.areas["RIVER"].pk}
    refused = client.post(
        f"{url}entries/", {**fields, "document": "", "photos": SimpleUploadedFile("a.pdf", PDF)}
    )
    assert refused.status_code == 422
    kept = refused.content.decode().split('name="kept" value="')[1].split('"')[0]
    assert client.post(f"{url}entries/", {**fields, "kept": kept}).status_code == 302
    assert CampaignEntry.objects.get().area == town.areas["RIVER"]
    assert "a.pdf" in text(client, url)


def test_pledge_is_reported_sent_back_and_confirmed(town: Town, signed_in: SignedIn) -> None:
    fields = {
        "kind": "DECISION",
        "code": "D1",
        "text": "清疏管网",
        "source": "例会",
        "unit": town.units["URBAN"].pk,
        "helpers": [town.units["CLEAN"].pk],
        "due_date": "2020-07-31",
    }
    made = signed_in("supervisor").post("/desk/promises/pledges/new/", fields)
    assert made.status_code == 302
    pledge = Pledge.objects.get()
    url, handler, shift = f"/desk/promises/pledges/{pledge.pk}/", signed_in("handler"), signed_in("shift")
    assert "?move=REPORT" in text(handler, url)
    assert "?move=REPORT" not in text(shift, url)
    assert handler.post(f"{url}REPORT/", {"evidence": ""}).status_code == 422
    sent = {"evidence": "已清疏 12 公里", "photos": SimpleUploadedFile("验收.pdf", PDF)}
    assert handler.post(f"{url}REPORT/", sent).status_code == 302
    assert handler.post(f"{url}CONFIRM/", {}).status_code == 403
    assert shift.post(f"{url}EXTEND/", {"until": "2020-08-31", "why": "汛期"}).status_code == 409
    assert "缺照片" in shift.post(f"{url}BACK/", {"why": "缺照片"}, follow=True).content.decode()
    handler.post(f"{url}REPORT/", {"evidence": "已补照片"})
    shift.post(f"{url}CONFIRM/", {})
    page = text(shift, url)
    assert "验收.pdf" in page
    assert Pledge.objects.get().state == "CONFIRMED"
    assert shift.get(f"{url}CONFIRM/").status_code == 302
    assert shift.post(f"{url}FLY/").status_code == 404


def test_pledges_are_filtered_with_few_queries(
    town: Town, signed_in: SignedIn, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for number in range(30):
        add_item(town, f"R{number:02d}", date(2020, 7, 2) if number < 3 else date(2020, 12, 31))
    client = signed_in("leader")
    with clock.at(JULY.replace(day=10)):
        late = text(client, "/desk/promises/pledges/?late=1&state=WORKING&kind=ITEM")
        assert ("R02" in late, "R03" in late) == (True, False)
        assert "共 3 项" in late
        some = text(client, "/desk/promises/pledges/?q=R01")  # the tiles follow what narrows the list
        assert "共 1 项" in some
        assert "?state=WORKING&amp;q=R01" in some
        assert "?state=WORKING&amp;" not in text(client, "/desk/promises/pledges/")
        with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
            assert "R29" in text(client, "/desk/promises/pledges/?unit=x&state=y")
        assert text(client, "/desk/promises/").count("j-queue__item") == 3


def test_payment_is_recorded_and_voided(town: Town, signed_in: SignedIn) -> None:
    create_partners(town)
    fields = {"partner": "P1", "key": "C1", "day": date(2020, 3, 1), "purpose": "产业帮扶"}
    add_commitment(actor=make_system_actor(), amount=Decimal(1000), **fields)
    client = signed_in("handler")
    commit = {"partner": "P2", "key": "C2", "amount": "888", "day": "2020-03-01", "purpose": "助学"}
    assert client.post("/desk/promises/aid/commitments/", commit).status_code == 302
    assert 'name="commitment" value="C1"' in text(client, "/desk/promises/aid/?pay=C1")
    pay = {"commitment": "C1", "key": "F1", "amount": "1000.01", "day": "2020-04-01", "document": "凭证"}
    refused = client.post("/desk/promises/aid/payments/", pay)
    assert refused.status_code == 422
    assert "尚可支付 1000 元" in refused.content.decode()
    assert client.post("/desk/promises/aid/payments/", {**pay, "amount": "600"}).status_code == 302
    payment = Payment.objects.get()
    page = text(client, "/desk/promises/aid/")
    assert all(figure in page for figure in (">1,888<", ">600<", ">1,288<"))
    assert client.post(f"/desk/promises/aid/payments/{payment.pk}/void/", {"why": "录错"}).status_code == 302
    assert "录错" in text(client, "/desk/promises/aid/")
    assert "?pay=C1" not in text(signed_in("leader"), "/desk/promises/aid/")


def test_leader_at_an_overdue_pledge_supervises_first(town: Town, signed_in: SignedIn) -> None:
    pledge = add_item(town)
    url = f"/desk/promises/pledges/{pledge.pk}/"
    assert "btn-primary" not in text(signed_in("shift"), url).split('id="move"')[1].split("</section>")[0]
    with clock.at(JULY.replace(day=13)):
        shift, handler = signed_in("shift"), signed_in("handler")
        section = text(shift, url).split('id="move"')[1].split("</section>")[0]
        first = section.split("<details")[0]
        assert ('btn-primary"\n              href="?move=SUPERVISE' in first, "EXTEND" in first) == (
            True,
            False,
        )
        assert all(f"?move={code}" in section for code in ("EXTEND", "WITHDRAW"))
        assert "逾期 3 天" in text(shift, url)
        refused = shift.post(f"{url}SUPERVISE/", {"due_date": "2020-07-01", "demand": "说明原因"})
        assert (refused.status_code, "说明原因" in refused.content.decode()) == (422, True)
        assert (
            shift.post(f"{url}SUPERVISE/", {"due_date": "2020-07-15", "demand": "说明原因"}).status_code
            == 302
        )
        assert "?move=ANSWER" in text(handler, url)
        assert "?move=ANSWER" not in text(shift, url)
        section = text(shift, url).split('id="move"')[1].split("</section>")[0]
        assert ("再次督办" in section, "btn-primary" in section) == (True, False)  # now the unit has its turn
        assert "督办 2020-07-15 前答复" in text(shift, "/desk/promises/pledges/?owed=1")
    with clock.at(JULY.replace(day=17)):
        shift, handler = signed_in("shift"), signed_in("handler")
        assert "督办逾期 2 天未答复" in text(shift, url)
        answer = {"answer": "管网塌陷，等抢修", "promised_date": "2020-07-30"}
        assert handler.post(f"{url}ANSWER/", answer).status_code == 302
        page = text(shift, url)
        assert all(words in page for words in ("晚 2 天答复", "管网塌陷，等抢修", "2020-07-30"))
        assert "没有这样的事项" in text(shift, "/desk/promises/pledges/?owed=1")


@pytest.mark.parametrize(
    ("day", "amount", "words"),
    [
        ("2020-02-01", None, (["尚未开始", "还有 29 天"], ["还差", "预计完成"])),
        ("2020-06-30", None, (["还没有数据", "每工作日需要"], ["没有进展", "—</"])),
        (
            "2020-07-31",
            "99.999",
            (["今天到期", "今天要全部完成", "不到 0.01", "99.99<", "99.9 %"], ["距期限"]),
        ),
        ("2020-07-31", "100", (["正好完成", "超出目标"], ["每工作日需要", "还差", "预计完成"])),
        ("2020-09-30", "120", (["已结束，完成目标", "61 天前"], ["距期限", "每工作日"])),
        ("2020-09-30", None, (["已到期，没有完成", "还没有数据"], ["距期限", "每工作日需要"])),
    ],
)
def test_figures_of_a_campaign_fit_its_phase(
    town: Town, signed_in: SignedIn, day: str, amount: str | None, words: tuple[list[str], list[str]]
) -> None:
    shown, hidden = words
    dates = {"from_date": date(2020, 3, 1), "due_date": date(2020, 7, 31)}
    campaign = create_campaign(town, key="trees", feed=None, measure="棵", target=Decimal(100), **dates)
    if amount is not None:
        CampaignEntry.objects.create(
            campaign=campaign, date=date(2020, 3, 12), amount=Decimal(amount), document="简报", entered_by="-"
        )
    with clock.at(JULY.replace(year=2022)):
        page = text(signed_in("handler"), f"/desk/promises/campaigns/trees/?on={day}")
    figures = page.split('aria-label="完成情况"')[1].split('aria-labelledby="months"')[0]
    assert {word: word in figures for word in shown} == dict.fromkeys(shown, True)
    assert {word: word in figures for word in hidden} == dict.fromkeys(hidden, False)
    assert "0.0000" not in figures


def test_home_lists_the_pledges_whose_next_step_is_the_users(town: Town, signed_in: SignedIn) -> None:
    pledge = add_item(town, "R1")
    later = add_item(town, "R2", date(2020, 12, 31))
    here, title = f"/desk/promises/pledges/{pledge.pk}/", "等我办的责任事项"
    assert title not in text(signed_in("shift"), "/desk/")
    with clock.at(JULY.replace(day=13)):
        home = text(signed_in("handler"), "/desk/").split(title)[1].split("</section>")[0]
        assert (here in home, f"/pledges/{later.pk}/" in home, "逾期 3 天" in home) == (True, False, True)
        report_pledge_done(actor=town.actor("handler"), pledge_id=pledge.pk, evidence="已办。")
        assert title not in text(signed_in("handler"), "/desk/")
        assert here in text(signed_in("shift"), "/desk/").split(title)[1]
        confirm_pledge(actor=town.actor("shift"), pledge_id=pledge.pk)
        assert title not in text(signed_in("shift"), "/desk/")
    assert title not in text(signed_in("grid3"), "/desk/")


def test_number_of_queries_of_home_does_not_grow_with_the_pledges(
    town: Town, signed_in: SignedIn, django_assert_num_queries: Callable[[int], Any]
) -> None:
    client = signed_in("handler")
    for number in range(5):
        add_item(town, f"R{number}")
    with clock.at(JULY.replace(day=10)):
        text(client, "/desk/")
        with CaptureQueriesContext(connection) as few:
            text(client, "/desk/")
    for number in range(5, 30):
        add_item(town, f"R{number}")
    with clock.at(JULY.replace(day=10)), django_assert_num_queries(len(few)):
        section = text(client, "/desk/").split("等我办的责任事项")[1].split("</section>")[0]
    assert ('j-count">30<' in section, section.count("j-queue__item")) == (True, 5)


def test_campaigns_out_of_scope_are_not_stated_to_be_missing(town: Town, signed_in: SignedIn) -> None:
    create_campaign(town, feed=None)
    page = text(signed_in("grid3"), "/desk/promises/")
    assert "没有您可看的专项行动" in page
    assert "写在数据包里" not in page


def test_a_campaign_that_has_just_begun_has_no_light(town: Town, signed_in: SignedIn) -> None:
    today = clock.today()
    dates = {"from_date": today, "due_date": date(today.year, 12, 31)}
    create_campaign(town, key="trees", feed=None, measure="棵", target=Decimal(100), digits=0, **dates)
    for url in ("/desk/promises/", "/desk/promises/campaigns/trees/"):
        page = text(signed_in("leader"), url)
        assert "刚开始，还没有数据" in page
        assert "红灯" not in page
        assert "绿灯" not in page
