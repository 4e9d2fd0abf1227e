"""What is a user's own: notices and posts."""

import pytest
from django.test import Client

from jiedao.cases.models import Case
from jiedao.desk.tests.conftest import SignedIn
from jiedao.kernel import clock
from jiedao.notices.actions import notify, settle
from jiedao.notices.kinds import NoticeKind
from jiedao.notices.models import Notice
from jiedao.orgs.models import Holding
from jiedao.projects import notices as pledge_notices
from jiedao.projects.models.promises import Pledge
from jiedao.projects.tests.promise_parts import JULY, add_item, promise_town
from jiedao.testing.cast import Town, make_case

PAGE, READ = "/desk/notices/", "/desk/notices/read/"


@pytest.fixture
def town(db: None) -> Town:
    return promise_town()


@pytest.fixture
def pledge(town: Town) -> Pledge:
    """A pledge of the handler's unit, without the notice of its registration."""
    with clock.at(JULY):
        made = add_item(town)
    Notice.objects.all().delete()
    return made


def send(
    town: Town,
    pledge: Pledge,
    kind: NoticeKind = pledge_notices.ASSIGNED,
    *,
    who: str = "handler",
    key: str = "k",
) -> Notice:
    notify(
        user_ids=[town.users[who].pk],
        kind=kind,
        object_id=pledge.pk,
        object_name=str(pledge),
        key=key,
        data={"deadline": "2020-07-10"},
    )
    return Notice.objects.get(user=town.users[who], key=key)


def body(client: Client, address: str = PAGE) -> str:
    return client.get(address).content.decode()


def read(client: Client, notice: Notice, **fields: str) -> str:
    group = f"{notice.object_type}:{notice.object_id or ''}"
    return str(client.post(READ, {"group": group, "up_to": notice.pk, **fields})["Location"])


def test_opening_the_object_marks_its_group_as_read(town: Town, pledge: Pledge, signed_in: SignedIn) -> None:
    send(town, pledge, key="a")
    newest, client = send(town, pledge, pledge_notices.EXTENDED, key="b"), signed_in("handler")
    page = body(client)
    assert page.index("已延期") < page.index("新的任务")
    assert page.count(str(pledge)) == 1
    assert read(client, newest, open="1") == f"/desk/promises/pledges/{pledge.pk}/"
    assert "新的任务" not in body(client)
    assert "新的任务" in body(client, f"{PAGE}?all=1")


def test_group_is_marked_as_read_without_leaving_the_page(
    town: Town, pledge: Pledge, signed_in: SignedIn
) -> None:
    notice = send(town, pledge)
    assert read(signed_in("handler"), notice) == PAGE
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_notice_newer_than_the_page_stays_unread(town: Town, pledge: Pledge, signed_in: SignedIn) -> None:
    seen = send(town, pledge, key="a")
    later, client = send(town, pledge, pledge_notices.EXTENDED, key="b"), signed_in("handler")
    read(client, seen)
    assert Notice.objects.get(read_at=None) == later


def test_notices_are_in_the_readers_language(town: Town, pledge: Pledge, signed_in: SignedIn) -> None:
    send(town, pledge, pledge_notices.LATE)
    client = signed_in("handler")
    assert "已逾期（2020-07-10）" in body(client)
    client.cookies["django_language"] = "en"
    for address in (PAGE, "/desk/"):
        page = body(client, address)
        assert "Late (2020-07-10)" in page
        assert "已逾期" not in page


def test_settled_notice_is_listed_but_not_counted(town: Town, pledge: Pledge, signed_in: SignedIn) -> None:
    send(town, pledge)
    client = signed_in("handler")
    assert client.get(PAGE).context["notice_count"] == 1
    settle(object_type="projects.pledge", object_id=pledge.pk, now=clock.now())
    assert client.get(PAGE).context["notice_count"] == 0
    assert "新的任务" not in body(client)
    assert "已了结" in body(client, f"{PAGE}?all=1")


def test_object_out_of_scope_keeps_its_name_and_has_no_link(
    town: Town, pledge: Pledge, signed_in: SignedIn
) -> None:
    notice, client = send(town, pledge, who="grid3"), signed_in("grid3")
    page = body(client)
    assert str(pledge) in page
    assert 'name="open"' not in page
    assert read(client, notice, open="1") == PAGE


def test_old_notice_without_kind_shows_its_stored_text(town: Town, signed_in: SignedIn) -> None:
    case = make_case(town)
    about = {"object_type": "cases.case", "object_id": case.pk}
    old = Notice.objects.create(
        user=town.users["leader"],
        key="a",
        data={"text": "新派案件：某件", "url": "https://evil.example/"},
        **about,
    )
    Notice.objects.create(user=town.users["leader"], key="b", data={"text": "没有对象"})
    client = signed_in("leader")
    page = body(client)
    assert "新派案件：某件" in page
    assert "没有对象" in page
    assert "evil.example" not in page
    assert read(client, old, open="1") == f"/desk/cases/{case.number}/"


def test_notices_of_another_user_stay_unread(town: Town, pledge: Pledge, signed_in: SignedIn) -> None:
    notice = send(town, pledge)
    read(signed_in("leader"), notice)
    notice.refresh_from_db()
    assert notice.read_at is None


@pytest.mark.parametrize("group", ["", "projects.pledge", "projects.pledge:x", "a:" + "9" * 20, "\x00:1"])
def test_unreadable_group_is_refused(signed_in: SignedIn, group: str) -> None:
    assert signed_in("handler").post(READ, {"group": group, "up_to": "1"}).status_code == 422


def test_all_notices_are_marked_as_read_at_once(town: Town, pledge: Pledge, signed_in: SignedIn) -> None:
    for key in "abc":
        send(town, pledge, key=key)
    signed_in("handler").post(READ)
    assert not Notice.objects.filter(read_at__isnull=True).exists()


def test_number_of_queries_does_not_grow_with_the_groups(
    town: Town, signed_in: SignedIn, django_assert_max_num_queries: object
) -> None:
    leader = town.users["leader"]
    for serial in range(60):
        case: Case = make_case(town, index=False)
        Notice.objects.create(
            user=leader,
            key=f"k{serial}",
            object_type="cases.case",
            object_id=case.pk,
            data={"text": "新派案件"},
        )
    client = signed_in("leader")
    client.get(PAGE)
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        page = client.get(PAGE)
    assert len(page.context["panels"]) == 20
    older = client.get(f"{PAGE}?{page.context['pager']['next']}")
    assert older.context["panels"][0].newest_id < page.context["panels"][-1].newest_id


def test_user_switches_to_another_own_post(town: Town, signed_in: SignedIn) -> None:
    Holding.objects.create(user=town.users["handler"], post=town.posts["leader"])
    client = signed_in("handler")
    assert client.get("/desk/board/").status_code == 403
    client.post("/desk/account/post/", {"post": town.posts["leader"].pk})
    assert client.get("/desk/board/").status_code == 200


def test_post_of_another_user_is_refused(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("handler")
    for post in (town.posts["leader"].pk, 987654, "x", ""):
        assert client.post("/desk/account/post/", {"post": post}).status_code == 403
    assert client.get("/desk/board/").status_code == 403
