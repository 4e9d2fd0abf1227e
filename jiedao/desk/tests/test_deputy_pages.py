"""Deputies for leave on the desk: naming, acting, ending, and what the other pages state about it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jiedao.accounts.models import User
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.notices.deputies import name_deputy
from jiedao.notices.models import Notice
from jiedao.orgs.deputizing import NewDeputy
from jiedao.orgs.models import Deputation, Holding
from jiedao.testing.cast import Town, walk

PAGE, END, SWITCH = "/desk/account/deputies/", "/desk/account/deputies/end/", "/desk/account/post/"


def write(town: Town, person: str, deputy: str, *, days: int = 3) -> Deputation:
    today = clock.today()
    new = NewDeputy(town.users[person].pk, town.users[deputy].pk, today, today + timedelta(days=days - 1))
    return name_deputy(actor=town.actor("admin"), new=new)


def fill(town: Town, deputy: str, **more: object) -> dict[str, object]:
    today = clock.today()
    return {
        "deputy": town.users[deputy].pk,
        "from_date": today.isoformat(),
        "to_date": (today + timedelta(days=4)).isoformat(),
        "reason": "LEAVE",
        **more,
    }


def body(client: Client, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def switch(client: Client, town: Town, person: str) -> None:
    post, user = town.posts[person], town.users[person]
    response = client.post(SWITCH, {"post": post.pk, "represents": user.pk})
    assert response.status_code == 302


def test_a_person_names_a_deputy_who_finds_the_work_on_the_home_page(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="DISPATCHED")
    handler, deputy = signed_in("handler"), signed_in("dispatcher")
    assert "孙伟 · 派遣员 · 云溪街道办事处" in body(handler)
    response = handler.post(PAGE, fill(town, "dispatcher"), follow=True)
    assert "已安排 孙伟 代 李强 的班" in response.content.decode()
    assert Notice.objects.filter(user=town.users["dispatcher"], kind="orgs.deputation:named").exists()

    home = body(deputy, "/desk/")
    assert "您代 李强 的班" in home
    assert "todo-TAKE" not in home  # that is not work of their own post
    switch(deputy, town, "handler")
    home = body(deputy, "/desk/")
    assert "todo-TAKE" in home
    assert "孙伟 · 代 李强 · 处置人员" in " ".join(home.split())
    response = deputy.post(f"/desk/cases/{case.number}/moves/TAKE/", {"version": case.version}, follow=True)
    assert "孙伟 代 李强 · 处置人员" in response.content.decode()
    assert "您的班由 孙伟 代到" in body(handler, "/desk/")


def test_the_page_of_a_case_names_the_deputy_and_the_last_day(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="DISPATCHED")
    row = write(town, "handler", "dispatcher")
    page = body(signed_in("shift"), f"/desk/cases/{case.number}/")
    assert f"李强 由 孙伟 代班至 {row.to_date.month}月{row.to_date.day}日" in page


def test_the_account_page_lists_the_seat_and_an_own_post_is_chosen_again(
    town: Town, signed_in: SignedIn
) -> None:
    write(town, "handler", "dispatcher")
    client = signed_in("dispatcher")
    switch(client, town, "handler")
    assert "代 李强" in body(client, "/desk/account/")
    client.post(SWITCH, {"post": town.posts["dispatcher"].pk})
    assert "孙伟 · 派遣员" in " ".join(body(client, "/desk/").split())
    assert client.post(SWITCH, {"post": town.posts["handler"].pk}).status_code == 403


def test_a_deputy_names_no_deputy_in_that_seat(town: Town, signed_in: SignedIn) -> None:
    write(town, "handler", "dispatcher")
    client = signed_in("dispatcher")
    switch(client, town, "handler")
    assert "不能再请别人代班" in body(client)
    client.post(PAGE, fill(town, "registrar"))
    assert Deputation.objects.count() == 1


@pytest.mark.parametrize("who", ["handler", "dispatcher"])
def test_both_end_it_on_their_page(town: Town, signed_in: SignedIn, who: str) -> None:
    row = write(town, "handler", "dispatcher")
    client = signed_in(who)
    assert f'name="deputation" value="{row.pk}"' in body(client)
    response = client.post(END, {"deputation": row.pk}, follow=True)
    assert "孙伟 的代班已结束" in response.content.decode()
    assert not Holding.objects.filter(deputation=row).exists()
    other = "dispatcher" if who == "handler" else "handler"
    assert Notice.objects.filter(user=town.users[other], kind="orgs.deputation:ended").exists()
    assert f'name="deputation" value="{row.pk}"' not in body(client)


def test_a_superior_chooses_the_absent_person(town: Town, signed_in: SignedIn) -> None:
    client, handler = signed_in("shift"), town.users["handler"]
    address = f"{PAGE}?person={handler.pk}"
    assert "请同事代 李强 的班" in body(client, address)
    assert client.post(address, fill(town, "registrar")).status_code == 302
    assert Deputation.objects.get().person == handler
    assert client.get(f"{PAGE}?person={town.users['visitor'].pk}").status_code == 404


def test_what_was_typed_stays_after_a_refusal(town: Town, signed_in: SignedIn) -> None:
    late = (clock.today() - timedelta(days=1)).isoformat()
    response = signed_in("handler").post(PAGE, fill(town, "dispatcher", from_date=late))
    page = response.content.decode()
    assert response.status_code == 422
    assert "开始的日子已经过去" in page
    assert f'value="{late}"' in page


def test_an_administrator_names_and_ends_on_the_page_of_the_user(town: Town, signed_in: SignedIn) -> None:
    client, handler = signed_in("admin"), town.users["handler"]
    address = f"/desk/admin/people/{handler.pk}/"
    assert "吕江" in body(client, f"{address}deputy/")  # of another unit
    response = client.post(f"{address}deputy/", fill(town, "water"), follow=True)
    page = response.content.decode()
    assert "已安排 吕江 代班" in page
    assert "吕江 代 李强" in page
    client.post(f"{address}deputy/end/", {"deputation": Deputation.objects.get().pk})
    assert Deputation.objects.get().ended_at is not None


def test_the_audit_page_states_it_in_words(town: Town, signed_in: SignedIn) -> None:
    post = town.posts["admin"]
    post.permissions = [*post.permissions, "audit.entry:view"]
    post.save()
    write(town, "handler", "dispatcher")
    page = body(signed_in("admin"), "/desk/admin/audit/")
    assert "安排了代班" in page
    assert "孙伟 代 李强" in page


def test_the_list_costs_the_same_for_3_rows_and_for_60(town: Town, signed_in: SignedIn) -> None:
    client, today = signed_in("shift"), clock.today()
    own = Holding.objects.get(user=town.users["handler"])

    def add(count: int) -> None:
        for serial in range(count):
            first = today + timedelta(days=10 + serial)
            row = Deputation.objects.create(
                person=town.users["handler"],
                deputy=town.users["dispatcher"],
                from_date=first,
                to_date=first,
                named_label="试验",
            )
            Holding.objects.create(
                user=row.deputy, post=own.post, represents=own, deputation=row, from_date=first, to_date=first
            )

    def count_statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            body(client)
        return len(captured)

    add(3)
    body(client)
    few = count_statements()
    add(57)
    assert count_statements() == few


def test_in_english_the_label_of_a_deputy_reads_for(town: Town, signed_in: SignedIn) -> None:
    case = walk(town, to="DISPATCHED")
    write(town, "handler", "dispatcher")
    client = signed_in("dispatcher")
    switch(client, town, "handler")
    client.post(f"/desk/cases/{case.number}/moves/TAKE/", {"version": case.version})
    english = Client(headers={"accept-language": "en"})
    english.force_login(
        User.objects.get(username="shift"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert "孙伟 for 李强 · Handler" in body(english, f"/desk/cases/{case.number}/")
