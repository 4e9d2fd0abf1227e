"""The buttons that print, in the browser: a file is downloaded, and the menu fits a phone."""

from pypdf import PdfReader

from jiedao.testing.cast import Town, walk
from tests.browser.pages import Site

GET_EDGES = "element => { const box = element.getBoundingClientRect(); return [box.left, box.right] }"


def test_a_work_order_is_downloaded_from_the_page_of_a_case(site: Site, town: Town) -> None:
    case = walk(town, to="HANDLING")
    site.be("handler")
    site.open(f"/desk/cases/{case.number}/")
    site.main().locator("summary", has_text="打印工作单").click()
    with site.page.expect_download() as waiting:
        site.follow("下载 PDF")
    path = site.pictures / "order.pdf"
    waiting.value.save_as(path)

    assert waiting.value.suggested_filename == f"案件工作单-{case.number}.pdf"
    assert case.number in PdfReader(path).pages[0].extract_text()


def test_the_menu_of_a_printout_fits_a_phone(site: Site, town: Town) -> None:
    case = walk(town, to="HANDLING")
    site.be("handler")
    site.size("phone")
    for path in (f"/desk/cases/{case.number}/", "/desk/cases/"):
        site.open(path)
        site.main().locator("summary", has_text="打印工作单").click()
        left, right = site.main().locator("details[open] .j-menu__sheet").evaluate(GET_EDGES)

        assert left >= 0, path
        assert right <= 390, path
        site.see("打开 PDF 打印")
