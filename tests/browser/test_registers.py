"""What is watched: a failed inspection travels through its case, as the people whose work it is, back to its record."""

from pathlib import Path

from playwright.sync_api import expect

from jiedao.cases.models import Case
from jiedao.cases.tests.cast import Town
from jiedao.kernel.memo import forget_all
from jiedao.registers.models import Record
from jiedao.registers.models_inspections import Finding
from jiedao.registers.tests.inspecting import INSPECTED, grant
from jiedao.registers.tests.parts import declare
from tests.browser.pages import Site


def add(site: Site, town: Town) -> None:
    """A grid worker adds a building, and its grade says why."""
    site.be("grid1")
    site.open("/desk/registers/")
    site.follow("出租屋")
    site.follow("新增")
    page = site.page
    page.fill("[name=code]", "H1")
    page.fill("[name=name]", "一号楼")
    page.select_option("[name=area]", str(town.areas["G1"].pk))
    page.fill("[name=v_storeys]", "8")
    page.locator("[name=v_second_exit][value='0']").check()
    page.locator("[name=v_use][value=HOME]").check()
    site.press("登记")
    site.see("一号楼", "严管类", "七层以上，无第二出口")


def inspect(site: Site, photo: Path) -> None:
    """She answers the checklist; what failed is a case in the same moment."""
    page = site.page
    site.follow("消防检查")
    page.locator("label:has([name=answer-exit][value=FAIL])").click()
    page.fill("[name=note-exit]", "楼梯间停放电动车")
    page.set_input_files("[name=photos-exit]", photo)
    for item in ("wiring", "alarm"):
        page.locator(f"label:has([name=answer-{item}][value=OK])").click()
    site.press("提交检查")
    site.see("检查已记录", "楼梯间停放电动车", "整改中")


def set_right(site: Site, number: str) -> None:
    """Everybody whose turn it is does their part of the case."""
    for person, label in [
        ("registrar", "受理立案"),
        ("dispatcher", "派遣"),
        ("handler", "接单"),
        ("handler", "处置完成"),
        ("supervisor", "核查通过"),
        ("shift", "结案"),
    ]:
        site.be(person)
        site.open(f"/desk/cases/{number}/")
        site.follow(label)
        if label == "处置完成":
            site.page.fill("#handle_result", "电动车已移走。")
        site.press(label)
        site.see(f"已完成：{label}")


def test_a_failed_inspection_travels_through_its_case_back_to_the_record(
    site: Site, town: Town, photo: Path
) -> None:
    grant(town)
    forget_all()
    declare(INSPECTED)
    add(site, town)
    inspect(site, photo)
    case = Case.objects.get()
    set_right(site, case.number)
    site.follow("台账“出租屋”的检查")
    site.see("已整改")
    site.be("grid1")
    site.open(f"/desk/registers/houses/{Record.objects.get().pk}/")
    site.see("一号楼", "已整改", "复查")
    expect(site.main().get_by_role("link", name=case.number)).to_be_visible()
    assert Finding.objects.get().state == "RIGHT"
