"""What is a person's own: notices and posts."""

from jiedao.desk.tests.conftest import SignedIn
from jiedao.notices.actions import notify
from jiedao.notices.models import Notice
from jiedao.orgs.models import Holding
from jiedao.testing.cast import Town


def told(town: Town, who: str, url: str = "/desk/board/", key: str = "k") -> Notice:
    notify(user_ids=[town.users[who].pk], key=key, text="新派案件", url=url)
    return Notice.objects.get(user=town.users[who], key=key)


def test_a_notice_is_read_by_following_it(town: Town, signed_in: SignedIn) -> None:
    notice = told(town, "leader")
    client = signed_in("leader")
    assert "新派案件" in client.get("/desk/notices/").content.decode()
    assert client.post("/desk/notices/read/", {"id": notice.pk})["Location"] == "/desk/board/"
    assert "新派案件" not in client.get("/desk/notices/").content.decode()
    assert "新派案件" in client.get("/desk/notices/?all=1").content.decode()


def test_a_notice_never_leads_away(town: Town, signed_in: SignedIn) -> None:
    notice = told(town, "leader", url="https://evil.example/")
    answer = signed_in("leader").post("/desk/notices/read/", {"id": notice.pk})
    assert answer["Location"] == "/desk/notices/"


def test_nobody_reads_the_notices_of_another(town: Town, signed_in: SignedIn) -> None:
    notice = told(town, "leader")
    signed_in("handler").post("/desk/notices/read/", {"id": notice.pk})
    notice.refresh_from_db()
    assert notice.read_at is None


def test_all_are_read_at_once(town: Town, signed_in: SignedIn) -> None:
    for key in "abc":
        told(town, "leader", key=key)
    signed_in("leader").post("/desk/notices/read/")
    assert not Notice.objects.filter(read_at__isnull=True).exists()


def test_a_person_acts_in_another_post_of_his_own(town: Town, signed_in: SignedIn) -> None:
    Holding.objects.create(user=town.users["handler"], post=town.posts["leader"])
    client = signed_in("handler")
    assert client.get("/desk/board/").status_code == 403
    client.post("/desk/account/post/", {"post": town.posts["leader"].pk})
    assert client.get("/desk/board/").status_code == 200


def test_a_post_of_somebody_else_is_refused(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("handler")
    for post in (town.posts["leader"].pk, 987654, "x", ""):
        assert client.post("/desk/account/post/", {"post": post}).status_code == 403
    assert client.get("/desk/board/").status_code == 403
