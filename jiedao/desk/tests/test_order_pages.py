"""Orders on the pages of a district, and of the office that received one."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.models import Case
from jiedao.cases.sources import SourceTerms
from jiedao.desk.tests.conftest import SignedIn
from jiedao.district.actions import add_office
from jiedao.district.models import Office, Order, ReporterRelease
from jiedao.district.wordings import NOT_CONNECTED
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.models import Unit
from jiedao.testing.cast import Town, make_move, walk


@pytest.fixture
def office(town: Town) -> Iterator[Office]:
    unit = Unit.objects.create(code="JD", name="云溪街道", kind="OFFICE")
    town.units["JD"] = unit
    yield add_office(
        actor=make_system_actor(),
        code="YUNXI",
        name="云溪街道",
        address="https://yunxi.example",
        area="990001001",
        unit="JD",
        token="jd_x",
    )
    forget_all()


def send(town: Town) -> Case:
    return make_move(town, "dispatcher", walk(town, to="FILED"), "DISPATCH", unit=town.units["JD"].pk)


def test_a_system_without_offices_below_shows_nothing_of_orders(town: Town, signed_in: SignedIn) -> None:
    forget_all()
    case = walk(town, to="DISPATCHED")
    client = signed_in("shift")
    assert "下达" not in client.get(f"/desk/cases/{case.number}/").content.decode()
    assert 'href="/desk/orders/"' not in client.get("/desk/").content.decode()


def test_the_page_of_a_case_shows_what_the_office_stated(
    town: Town, office: Office, signed_in: SignedIn
) -> None:
    case = send(town)
    now = clock.real_now()
    Order.objects.update(
        state="SENT",
        number="2020-00000042",
        sent_at=now,
        heard_at=now,
        office_state="HANDLING",
        steps=[{"move": "TAKE", "at": now.isoformat(), "by": "城管科", "text": "<script>alert(1)</script>"}],
    )
    text = signed_in("dispatcher").get(f"/desk/cases/{case.number}/").content.decode()
    for part in ("下达情况", "2020-00000042", "处置中", "城管科", "立即读取", "在自己的系统里办理"):
        assert part in text, part
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_fault_is_shown_with_the_next_attempt_and_can_be_retried(
    town: Town, office: Office, signed_in: SignedIn
) -> None:
    case = send(town)
    later = clock.real_now() + timedelta(hours=1)
    Order.objects.update(fault={"code": NOT_CONNECTED}, attempts=4, next_at=later)
    client = signed_in("dispatcher")
    assert "连不上对方服务器" in client.get(f"/desk/cases/{case.number}/").content.decode()
    answer = client.post(f"/desk/orders/{case.number}/retry/")
    assert answer.status_code == 302
    assert Order.objects.get().next_at <= clock.real_now()


def test_those_who_do_not_dispatch_may_not_retry(town: Town, office: Office, signed_in: SignedIn) -> None:
    case = send(town)
    client = signed_in("visitor")
    assert "立即重试" not in client.get(f"/desk/cases/{case.number}/").content.decode()
    assert client.post(f"/desk/orders/{case.number}/retry/").status_code == 403


def test_the_reporter_goes_down_only_by_a_choice_with_a_reason(
    town: Town, office: Office, signed_in: SignedIn
) -> None:
    case = walk(town, to="FILED")
    client, address = signed_in("shift"), f"/desk/cases/{case.number}/"
    assert "下达时附上反映人" in client.get(address).content.decode()
    client.post(f"/desk/orders/{case.number}/reporter/", {"reason": ""})
    assert not ReporterRelease.objects.exists()
    client.post(f"/desk/orders/{case.number}/reporter/", {"reason": "街道要上门核对"})
    text = client.get(address).content.decode()
    assert "下一次下达附上反映人的姓名和电话" in text
    assert "下达时附上反映人" not in text
    assert "下达时附上反映人" not in signed_in("dispatcher").get(address).content.decode()


def test_the_list_counts_by_office_and_filters(town: Town, office: Office, signed_in: SignedIn) -> None:
    late, open_case, ended = send(town), send(town), send(town)
    Order.objects.filter(case=late).update(due_at=clock.now() - timedelta(days=1))
    Order.objects.filter(case=ended).update(state="REPLIED", ended_at=clock.real_now(), next_at=None)
    client = signed_in("shift")

    def list_numbers(query: str) -> set[str]:
        text = client.get(f"/desk/orders/{query}").content.decode()
        return {case.number for case in (late, open_case, ended) if case.number in text}

    assert list_numbers("") == {late.number, open_case.number}
    assert list_numbers("?view=overdue") == {late.number}
    assert list_numbers("?view=ended&office=YUNXI") == {ended.number}
    assert client.get("/desk/orders/?view=nonsense&office=x").status_code == 200


def test_an_order_on_a_case_out_of_scope_is_not_listed(
    town: Town, office: Office, signed_in: SignedIn
) -> None:
    case = send(town)
    Case.objects.filter(pk=case.pk).update(area=town.areas["G1"], area_path=town.areas["G1"].path)
    assert case.number in signed_in("supervisor").get("/desk/orders/").content.decode()
    town.posts["supervisor"].holdings.get().areas.set([town.areas["HILL"]])
    assert case.number not in signed_in("supervisor").get("/desk/orders/").content.decode()


def test_an_office_sees_that_the_district_sent_a_case_its_number_and_its_deadline(
    town: Town, signed_in: SignedIn
) -> None:
    new = NewCase(
        channel="SUPERIOR",
        subject="垃圾",
        detail="垃圾",
        source_key="district:2026-00000007",
        terms=SourceTerms(due_at=clock.now() + timedelta(days=2)),
    )
    filed = file_case(new, actor=town.actor("shift"))
    text = signed_in("shift").get(f"/desk/cases/{filed.number}/").content.decode()
    for part in ("区级交办编号", "2026-00000007", "上级要求"):
        assert part in text, part


def test_an_office_is_shown_that_the_sender_asks_to_withdraw(town: Town, signed_in: SignedIn) -> None:
    filed = file_case(NewCase(channel="SUPERIOR", subject="垃圾", detail="垃圾"), actor=town.actor("shift"))
    order = Case.objects.get(number=filed.number)
    client, address = signed_in("shift"), f"/desk/cases/{order.number}/"
    assert "交办方请求撤回" not in client.get(address).content.decode()
    make_move(town, "shift", order, "ASK_WITHDRAWAL", note="重复交办")
    text = client.get(address).content.decode()
    assert text.index("交办方请求撤回") < text.index("重复交办") < text.index("j-steps")
    make_move(town, "shift", order, "VOID", reason="MISTAKE", note="应交办方请求")
    assert "交办方请求撤回" not in client.get(address).content.decode()
