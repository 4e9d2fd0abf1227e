"""A report goes from the desk to the public: three people, then a visitor without scripts and one with a phone."""

from playwright.sync_api import expect

from jiedao.indicators.figure import TOWN
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.publishing.models import DataSet, Publication
from jiedao.publishing.tests.people import PUBLISHER, REVIEWER, WRITER, grant_publishing_rights
from jiedao.reports.actions.signing import sign_report
from jiedao.reports.actions.writing import begin_report
from jiedao.reports.models import ReportTemplate
from jiedao.reports.tests.conftest import TEXT, declare_works, grant_report_rights
from jiedao.testing.cast import Town
from jiedao.testing.public_site import open_site
from tests.browser.pages import Site


def sign_month(town: Town) -> None:
    """Sign the report of June over the register of works, whose rows are declared as open data."""
    grant_report_rights(town)
    grant_publishing_rights(town)
    declare_works()
    open_site()
    template = ReportTemplate.objects.create(key="monthly", name="月报", period_kind="month", text=TEXT)
    period = parse_period("2020-06")
    report = begin_report(actor=town.actor("shift"), template=template, period=period, place=TOWN)
    sign_report(actor=town.actor("leader"), report_id=report.pk, number=1)
    DataSet.objects.create(
        key="works",
        name="违建",
        source="register",
        register="works",
        columns=["code", "gone", "area_m2"],
        licence="CC0-1.0",
    )
    forget_all()


def test_a_signed_report_reaches_the_public(site: Site, plain_site: Site, phone: Site, town: Town) -> None:
    sign_month(town)
    site.be(WRITER)
    site.open("/desk/publishing/")
    site.follow("起草公开信息")
    page = site.page
    page.select_option("select[name=kind]", "REPORT")
    page.fill("input[name=title]", "六月工作月报")
    page.select_option("select[name=report]", index=1)
    site.press("保存草稿")
    site.see("草稿已保存", "超500平方米")
    publication = Publication.objects.get()

    site.be(REVIEWER)
    site.open(f"/desk/publishing/{publication.pk}/")
    site.press("审核通过")
    site.see("已审核，可以公布了")
    site.be(PUBLISHER)
    site.open(f"/desk/publishing/{publication.pk}/")
    site.press("公布")
    site.see("已公布，公众现在看得到")
    site.open("/desk/publishing/open-data/works/")
    site.press("开放给公众")
    site.see("已开放，公众现在可以下载")

    plain_site.open("/")
    plain_site.follow("六月工作月报")
    plain_site.see("云溪街道", "超500平方米", "在手机上看")
    plain_site.follow("特大")
    expect(plain_site.page.locator(".pi-paper--larger")).to_have_count(1)
    plain_site.follow("看记录：违建")
    plain_site.see("这里只列出一个数字背后的 2 条记录", "W1")

    phone.open(f"/info/{publication.pk}/")
    phone.page.get_by_role("link", name="超500").tap()
    expect(phone.page.locator("li:target")).to_contain_text("拆除面积")
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    phone.follow("回到顶部")
    phone.open("/data/works/")
    with phone.page.expect_download() as download:
        phone.follow("CSV")
    assert "W1" in download.value.path().read_text(encoding="utf-8-sig")
