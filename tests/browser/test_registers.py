"""The register of the tutorial in the browser: an inspection opens a case, whose closing resolves the finding."""

import re
from pathlib import Path

from playwright.sync_api import expect

from jiedao.cases.models import Case
from jiedao.kernel.memo import forget_all
from jiedao.packs.check import check_pack
from jiedao.registers.models import Finding, Record
from jiedao.registers.pack.definitions import read_registers
from jiedao.registers.tests.inspecting import grant_rights
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town
from tests.browser.pages import Site

TUTORIAL = Path(__file__).resolve().parents[2] / "docs/tutorial/declare-a-register.md"


def declare_sheds(folder: Path) -> None:
    """Declare the register of the tutorial, with a category of the cast's town."""
    (folder / "registers").mkdir()
    declaration = re.search(r"```toml\n(.*?)```", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL)
    assert declaration is not None
    words = declaration[1].replace("MATTER 06010", "MATTER 01001")
    (folder / "registers/charging_sheds.toml").write_text(words, encoding="utf-8")
    declare(read_registers(check_pack(folder)[0])["charging_sheds"].definition)


def add_shed(site: Site, town: Town) -> None:
    """Add a shed as the grid worker; its page shows the reason of its grade."""
    site.be("grid1")
    site.open("/desk/registers/")
    site.follow("充电棚")
    site.follow("新增")
    page = site.page
    page.fill("[name=code]", "CD-001")
    page.fill("[name=name]", "北门充电棚")
    page.select_option("[name=area]", str(town.areas["G1"].pk))
    page.fill("[name=v_sockets]", "36")
    page.locator("[name=v_roof][value=STEEL]").check()
    page.locator("[name=v_sprinkler][value='0']").check()
    site.press("登记")
    site.see("北门充电棚", "高风险", "30个以上充电位，没有喷淋")


def inspect_shed(site: Site, photo: Path) -> None:
    """Answer the checklist as the grid worker; the failed item opens a case at once."""
    page = site.page
    site.follow("消防检查")
    page.locator("label:has([name=answer-extinguisher][value=OK])").click()
    page.locator("label:has([name=answer-clear][value=FAIL])").click()
    page.fill("[name=note-clear]", "堆放纸箱")
    page.set_input_files("[name=photos-clear]", photo)
    site.press("提交检查")
    site.see("检查已记录", "堆放纸箱", "整改中")


def resolve_case(site: Site, number: str) -> None:
    """Move the case to its end, each move by the user whose turn it is."""
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
        if label != "接单":  # a button beside the form of the result
            site.follow(label)
        if label == "处置完成":
            site.page.fill("#handle_result", "纸箱已清走。")
        if label == "核查通过":
            site.page.fill("#check_pass_note", "棚内已清空。")
        site.press(label)
        site.see(f"已完成：{label}")


def test_a_failed_item_is_resolved_through_its_case_and_shown_on_the_record(
    site: Site, town: Town, photo: Path, tmp_path: Path
) -> None:
    grant_rights(town)
    forget_all()
    declare_sheds(tmp_path)
    add_shed(site, town)
    inspect_shed(site, photo)
    case = Case.objects.get()
    resolve_case(site, case.number)
    site.follow("台账“充电棚”的检查")
    site.see("已整改")
    site.be("grid1")
    site.open(f"/desk/registers/charging_sheds/{Record.objects.get().pk}/")
    site.see("北门充电棚", "已整改", "复查")
    expect(site.main().get_by_role("link", name=case.number)).to_be_visible()
    assert Finding.objects.get().state == "RIGHT"
