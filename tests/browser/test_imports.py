"""Import of messages in the browser: a check, the warning of doubles, and undoing the import."""

from pathlib import Path

from jiedao.cases.models import Case
from jiedao.kernel.jobs import run_pending
from jiedao.kernel.memo import forget_all
from jiedao.orgs.models import Post
from jiedao.testing.cast import Town
from tests.browser.pages import Site

IMPORTS = "/desk/imports/"
HEAD = "工单号,诉求标题,诉求内容,诉求时间,诉求人,联系电话\n"
ROW = "A{n},路灯不亮,门口第 {n} 盏路灯不亮。,2020-03-02 9:0{n},陈先生,13800138000\n"


def check_file(site: Site, path: Path, channel: str) -> None:
    site.open(IMPORTS)
    site.page.set_input_files("[name=file]", path)
    site.page.select_option("[name=channel]", channel)
    site.press("检查")


def test_an_import_is_checked_and_undone(site: Site, town: Town, tmp_path: Path) -> None:
    post = Post.objects.get(pk=town.posts["registrar"].pk)
    post.permissions = [*post.permissions, "exchange.messages:import"]
    post.save()
    forget_all()
    path = tmp_path / "工单.csv"
    path.write_text(
        HEAD + "".join(ROW.format(n=n) for n in range(1, 5)) + "B1,井盖,井盖响。,去年,,\n", "utf-8"
    )
    site.be("registrar")
    check_file(site, path, "HOTLINE")
    site.see("1 行有错，其余可以导入", "类别：文件写明 0 件", "地点：归入网格或社区")
    site.picture("import-check", full=True)
    site.press("导入能导入的")
    site.see("工单.csv")
    run_pending()
    assert Case.objects.count() == 4

    check_file(site, path, "WEB")
    site.see("4 行的编号和时间，与从“12345 热线”来的案件相同", "允许重复")
    site.picture("import-doubles", full=True)
    site.press("导入能导入的")  # the browser asks for the tick first
    site.see("允许重复")
    assert Case.objects.count() == 4

    site.open(IMPORTS)
    site.follow("工单.csv")
    site.picture("import-done", full=True)
    site.follow("撤销这次导入")
    site.see("撤销全部 4 件", "编号不再使用")
    site.picture("import-undo", full=True)
    site.page.on("dialog", lambda dialog: dialog.accept())
    site.press("撤销全部 4 件")
    site.picture("import-undo-question")
    confirm = site.page.locator(
        "dialog[open] .btn-danger, dialog[open] .btn-primary, .modal.show .btn-danger"
    )
    if confirm.count():
        confirm.first.click()
    site.page.wait_for_url("**/desk/tasks/*/")
    run_pending()
    assert not Case.objects.exists()
    site.page.reload()
    site.see("撤销了 4 件，编号不再使用")
    site.open(IMPORTS)
    site.see("已撤销")
    site.picture("imports", full=True)
