"""What the test of orders does in the process of a district or office: `python -m tests.serving.two_systems STEP`.

Each step prints one JSON document. The people are those of the cast, in a database of its own for each system.
"""

import json
import os
import signal
import sys
from typing import Any

import django


def _prepare_town() -> Any:
    from jiedao.kernel.serving import prepare_database
    from jiedao.testing.cast import make_town

    prepare_database(verbosity=0)
    return make_town()


def prepare_office() -> dict[str, str]:
    """Make an office with an account of the district; return its token."""
    from jiedao.accounts.models import ApiToken, User
    from jiedao.orgs.models import Holding, Post

    town = _prepare_town()
    rights = ["cases.case:report", "cases.case:view", "cases.case:remind", "cases.case:supervise"]
    post = Post.objects.create(
        code="OFFICE.UPPER", unit=town.units["OFFICE"], title="上级系统", permissions=rights, scope="OWN"
    )
    user = User.objects.create(username="upper", full_name="清江区系统")
    Holding.objects.create(user=user, post=post)
    scopes = ["cases:read", "cases:report", "cases:follow"]
    return {"token": ApiToken.issue(user, "district", scopes=scopes)[1]}


def prepare_district(address: str, token: str) -> dict[str, str]:
    """Make a district with one office below."""
    from jiedao.district.actions import add_office
    from jiedao.orgs.actor import make_system_actor
    from jiedao.orgs.models import Unit

    _prepare_town()
    Unit.objects.create(code="JD", name="云溪街道", kind="OFFICE")
    add_office(
        actor=make_system_actor(),
        code="YUNXI",
        name="云溪街道",
        address=address,
        area="990001001",
        unit="JD",
        token=token,
    )
    return {}


def _move(case: Any, code: str, **data: Any) -> None:
    from jiedao.cases.moves.perform import perform
    from jiedao.orgs.actor import make_system_actor

    perform(make_system_actor(), case.pk, code, data=data)


def _accept(case: Any, unit_code: str) -> None:
    from jiedao.cases.models import Category
    from jiedao.orgs.models import Unit

    _move(case, "ACCEPT", category=Category.objects.get(code="01001", kind="MATTER").pk)
    _move(case, "DISPATCH", unit=Unit.objects.get(code=unit_code).pk)


def send_order(dies: str = "") -> dict[str, str]:
    """File a case at the district and dispatch it to the office; with an argument, die right after the commit."""
    from jiedao.cases.actions.intake import NewCase, file_case
    from jiedao.cases.models import Case
    from jiedao.orgs.actor import make_system_actor

    new = NewCase(channel="HOTLINE", subject="垃圾", detail="临江花园门口堆放垃圾。", reporter_name="张三")
    case = Case.objects.get(pk=file_case(new, actor=make_system_actor()).id)
    _accept(case, "JD")
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"number": case.number}


def close_orders() -> dict[str, int]:
    """Accept, handle and close every open case of the office."""
    from jiedao.cases.models import Case

    cases = list(Case.objects.open())
    for case in cases:
        _accept(case, "URBAN")
        _move(case, "HANDLE", result="已清运。")
        _move(case, "CHECK_PASS", note="看过。")
        _move(case, "CLOSE")
    return {"closed": len(cases)}


def exchange(dies: str = "") -> dict[str, list[str]]:
    """Let what is due happen now, as a worker does; with an argument, die at the first answer to a POST."""
    from jiedao.district.client import OfficeClient
    from jiedao.district.models import Office, Order, OrderNote
    from jiedao.district.orders.jobs import serve_office
    from jiedao.kernel import clock

    if dies:
        real_send = OfficeClient._send

        def send(client: OfficeClient, method: str, path: str, body: bytes | None) -> Any:
            answer = real_send(client, method, path, body)
            if method == "POST":
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        OfficeClient._send = send  # type: ignore[method-assign]
    Order.objects.filter(next_at__isnull=False).update(next_at=clock.real_now())
    OrderNote.objects.filter(next_at__isnull=False).update(next_at=clock.real_now())
    for office in Office.objects.all():
        serve_office(office_id=office.pk)
    return read_cases()


def read_cases() -> dict[str, list[str]]:
    """Return the states of the cases, and of the orders with their faults."""
    from jiedao.cases.models import Case
    from jiedao.district.models import Order

    orders = Order.objects.order_by("pk")
    return {
        "cases": list(Case.objects.order_by("pk").values_list("state", flat=True)),
        "orders": [order.state for order in orders],
        "faults": [str(order.fault_wording or "") for order in orders],
        "numbers": [order.number for order in orders],
    }


STEPS = {
    function.__name__: function
    for function in (prepare_office, prepare_district, send_order, close_orders, exchange, read_cases)
}

if __name__ == "__main__":
    django.setup()
    json.dump(STEPS[sys.argv[1]](*sys.argv[2:]), sys.stdout)  # type: ignore[operator]
