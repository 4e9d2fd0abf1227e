"""The pages of key projects: the list with lights, the chart, the forms, trying a change, an obstacle with its case."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jiedao.cases.models import Case, Phrase
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.projects.actions.reporting import report_progress
from jiedao.projects.models import Obstacle, Permit, Progress, ProjectMoney, Task
from jiedao.projects.plan import TaskPlan
from jiedao.projects.tests.conftest import projects_town
from jiedao.projects.tests.parts import GARDEN_PARK, declare
from jiedao.testing.cast import Town

SignedIn = Callable[[str], Client]
NOON = datetime(2026, 9, 2, 12, tzinfo=clock.TOWN_TZ)
URL = "/desk/projects/garden-park/"

__all__ = ["projects_town"]


@pytest.fixture
def town(projects_town: Town) -> Iterator[Town]:
    with clock.at(NOON):
        yield projects_town


def text(client: Client, url: str, status: int = 200) -> str:
    page = client.get(url)
    assert page.status_code == status, url
    return page.content.decode()


def test_from_the_list_of_projects_to_the_case_of_an_obstacle(town: Town, signed_in: SignedIn) -> None:
    declare()
    declare(replace(GARDEN_PARK, key="lot", name="停车场", kind="parking", facts={"spaces": 214}))
    shift = signed_in("shift")
    page = text(shift, "/desk/projects/")
    assert ">334<" in page.replace("<small>个</small>", "")
    assert "须在 6 个工作日内取得（2026-09-10）" in page
    assert 'href="/desk/projects/"' in page  # in the navigation: nobody of the cast may open promises
    narrowed = text(shift, "/desk/projects/?measure=land&colour=YELLOW&kind=park&unit=x")
    assert (URL in narrowed, "/desk/projects/lot/" in narrowed) == (True, False)
    assert "没有这样的项目" in text(shift, "/desk/projects/?colour=GREEN")

    page = text(shift, URL)
    task = Task.objects.get(project__key="garden-park", code="design")
    assert page.count('<svg class="prj-bars') == 6
    assert "设计：最迟 2026-09-04 至 2026-09-10，预计 2026-09-02 至 2026-09-08，未开始，关键" in page
    assert page.count(f'href="#task-{task.pk}"') == 2
    assert f'<tr id="task-{task.pk}"' in page
    form = text(shift, f"{URL}?do=progress&of={task.pk}")
    version = form.split('name="version" value="')[1].split('"')[0]
    uuid = form.split('name="client_uuid" value="')[1].split('"')[0]
    fields = {
        "version": version,
        "client_uuid": uuid,
        "percent": "40",
        "started": "2026-09-03",
        "note": "已进场",
    }
    refused = shift.post(f"{URL}progress/?of={task.pk}", fields)
    assert refused.status_code == 422
    assert "2026-09-03 还没有到" in refused.context["update"].form.errors["started"][0]
    assert shift.post(f"{URL}progress/?of={task.pk}", {**fields, "started": "2026-09-01"}).status_code == 302
    page = text(shift, URL)
    assert ("已进场" in page, "设计：40%" in page, ">12%<" in page) == (True, True, True)

    before = Progress.objects.count()
    page = text(shift, f"{URL}?task=approve&duration=9")
    assert "变为 <b>2026-09-29</b> 完成" in page
    assert "将比承诺日期晚 2 个工作日" in page
    assert "请在工期、完成日、推迟天数中填写一项" in text(shift, f"{URL}?task=approve&duration=9&delay=2")
    assert "不在日历之内" in text(shift, f"{URL}?task=approve&finish=2926-09-01&duration=")
    assert Progress.objects.count() == before

    sent = {"text": "燃气管线未迁改", "task": task.pk, "client_uuid": uuid}
    assert shift.post(f"{URL}obstacle/", {**sent, "text": "短"}).status_code == 422
    page = shift.post(f"{URL}obstacle/", sent, follow=True).content.decode()
    case = Case.objects.get()
    assert f'href="/desk/cases/{case.number}/"' in page
    assert "项目“临江公园”的障碍" in text(shift, f"/desk/cases/{case.number}/")
    assert f"{URL}#obstacles" in text(shift, f"/desk/cases/{case.number}/")
    shift.post(f"{URL}obstacle/", sent)
    assert Obstacle.objects.count() == 1


def test_conflicting_update_shows_the_current_state_and_keeps_what_was_typed(
    town: Town, signed_in: SignedIn
) -> None:
    project = declare()
    client, handler = signed_in("handler"), town.actor("handler")
    task = Task.objects.get(code="design")
    report_progress(actor=handler, task_id=task.pk, percent=20, started=date(2026, 9, 1))
    fields = {"version": task.version, "client_uuid": "0190d6a0-0000-7000-8000-000000000001", "percent": "35"}
    refused = client.post(
        f"{URL}progress/?of={task.pk}", {**fields, "started": "2026-09-02", "note": "写了很久"}
    )
    page = refused.content.decode()
    assert refused.status_code == 409
    assert ("写了很久" in page, 'value="35"' in page, "2026-09-01 开始，完成 20%" in page) == (
        True,
        True,
        True,
    )
    again = refused.context["update"].form.data
    assert client.post(f"{URL}progress/?of={task.pk}", again).status_code == 302

    money = {"version": "0", "month": "2026-11", "kind": "WORKS", "paid": "1000.50"}
    assert client.post(f"{URL}money/", {**money, "paid": "一万"}).status_code == 422
    assert client.post(f"{URL}money/", money).status_code == 302
    refused = client.post(f"{URL}money/", {**money, "paid": "2000"})
    assert refused.status_code == 409  # the month has a row that this form did not show
    assert "已付 1,000.50 元" in refused.content.decode()
    assert client.post(f"{URL}money/", refused.context["update"].form.data).status_code == 302
    planned = ProjectMoney.objects.get(month=date(2026, 9, 1))
    assert 'name="budget"' not in text(client, f"{URL}?do=money&of={planned.pk}")
    paid = {"version": planned.version, "paid": "300000"}
    assert client.post(f"{URL}money/?of={planned.pk}", paid).status_code == 302
    assert '<td class="j-num" data-label="累计已付">302,000</td>' in text(client, URL)

    permit = Permit.objects.get()
    grant = {"version": permit.version, "granted": "2026-09-02"}
    assert "没有写明文号" in client.post(f"{URL}permit/?of={permit.pk}", grant).content.decode()
    assert (
        client.post(f"{URL}permit/?of={permit.pk}", {**grant, "document": "深规〔2026〕1号"}).status_code
        == 302
    )
    assert "已取得" in text(client, URL)

    open_one = Task.objects.get(code="open")
    assert 'name="percent"' not in text(client, f"{URL}?do=progress&of={open_one.pk}")
    stage = Task.objects.get(code="prepare")
    assert client.post(f"{URL}progress/?of={stage.pk}", fields).status_code == 404
    assert client.post(f"{URL}fly/").status_code == 404
    assert 'href="?do=' not in text(signed_in("leader"), URL)
    assert signed_in("leader").post(f"{URL}money/", money).status_code == 403
    text(signed_in("grid3"), URL, 404)
    project.active = False
    project.save()
    assert 'href="?do=' not in text(client, f"{URL}?do=money")
    assert URL not in text(client, "/desk/projects/")


def test_number_of_queries_does_not_grow_with_plans_and_projects(town: Town, signed_in: SignedIn) -> None:
    client = signed_in("shift")

    def cost(url: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            text(client, url)
        return len(queries)

    declare()
    cost("/desk/projects/")
    few = cost("/desk/projects/"), cost(URL)
    more = tuple(
        TaskPlan(f"extra{n}", f"附属工程{n}", parent="build", duration=1, unit="CLEAN") for n in range(12)
    )
    declare(tasks=(*GARDEN_PARK.tasks, *more))
    for number in range(6):
        declare(replace(GARDEN_PARK, key=f"p{number}", name=f"公园{number}"))
    assert (cost("/desk/projects/"), cost(URL)) == few
    assert max(few) <= 20


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("name", ["lot", "garden-park"]),
        ("-name", ["garden-park", "lot"]),
        ("measure=spaces&order=-amount", ["lot", "garden-park"]),
        ("measure=spaces&order=amount", ["garden-park", "lot"]),
        ("order=nonsense", ["garden-park", "lot"]),
    ],
)
def test_the_list_is_ordered_by_its_headers(
    town: Town, signed_in: SignedIn, order: str, keys: list[str]
) -> None:
    declare()
    declare(replace(GARDEN_PARK, key="lot", name="A停车场", kind="parking", facts={"spaces": 214}))
    query = order if "=" in order else f"order={order}"
    page = signed_in("shift").get(f"/desk/projects/?{query}")
    assert [row["project"].key for row in page.context["rows"]] == keys
    heads = page.context["sorts"]
    assert heads["percent"]["url"].endswith("order=-percent")
    assert ("看不懂，已略去" in page.content.decode()) == (order == "order=nonsense")


def test_the_note_on_progress_offers_stock_phrases(town: Town, signed_in: SignedIn) -> None:
    declare()
    phrase = Phrase.objects.create(kind="REASON", code="RAIN", text="连日降雨，暂停施工。")
    forget_all()
    task = Task.objects.get(project__key="garden-park", code="design")
    client = signed_in("shift")
    assert "连日降雨，暂停施工。" in text(client, f"{URL}?do=progress&of={task.pk}")
    data = {"version": task.version, "percent": "35", "note": "", "phrase": f"note:pack:{phrase.pk}"}
    answer = client.post(f"{URL}progress/?of={task.pk}", data)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert ">\n连日降雨，暂停施工。</textarea>" in page
    assert 'value="35"' in page
    assert not Progress.objects.exists()
