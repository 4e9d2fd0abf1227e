"""Each how-to works as it stands, command by command, in a folder that is empty at the beginning.

What a page writes to /etc, /var, /opt, /usr and /backups is below that folder. A command that cannot be run here is
named with the reason; a page that gets another command is run with it.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.docs.pages import ROOT, Follower, Page

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the how-tos are for a shell")
ROOT_NEEDED = "needs root"
SERVICES = "needs systemd; the units are checked in tests/deploy/test_units.py"
NGINX = "needs root; the configuration is checked in tests/deploy/test_nginx.py"
CONTAINERS = "needs Podman; checked in tests/deploy/test_container.py"
BUNDLE = "tests/deploy/test_bundle.py makes and installs a bundle"
POSTGRES = "needs a PostgreSQL server and its superuser; this office is on SQLite"
UNITS = {"UNIT.SYSADMIN": "ZHIHUI.SYSADMIN", "UNIT.SECADMIN": "DANGZHENG.SECADMIN"}
UNITS["UNIT.AUDITADMIN"] = "JIJIAN.AUDITADMIN"


def write_settings(root: Path) -> None:
    """Write the file of settings that the page shows; the office is on SQLite."""
    (block,) = [text for text in Page("run-in-production").find_blocks("ini") if "/etc/jiedao/env" in text]
    lines = [line for line in block.splitlines() if not line.startswith("JIEDAO_DATABASE_URL")]
    (root / "etc/jiedao").mkdir(parents=True)
    (root / "etc/jiedao/env").write_text(Follower(root).place("\n".join(lines) + "\n"), encoding="utf-8")


def make_machine(root: Path) -> dict[str, str]:
    """Make the folders of a machine on which the program is installed; return the variables of its commands."""
    for name in ("etc", "var/lib", "usr/local/bin", "opt/jiedao"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "opt/jiedao/current").symlink_to(ROOT / ".venv")
    (root / "deploy").symlink_to(ROOT / "deploy")
    return {
        "OFFICE_USER": subprocess.run(
            ["id", "-un"], capture_output=True, text=True, check=True
        ).stdout.strip(),
        "OFFICE_ENV": f"{root}/etc/jiedao/env",
        "OFFICE_PROGRAM": f"{root}/opt/jiedao/current/bin/jiedao",
    }


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Follower:
    """Return the office that the page about production has made, with the town of Buji in /etc/jiedao/town."""
    root = tmp_path_factory.mktemp("machine")
    variables = make_machine(root)
    write_settings(root)
    shutil.copytree(ROOT / "packs/buji", root / "etc/jiedao/town", ignore=shutil.ignore_patterns("demo"))
    production = Follower(
        root,
        variables,
        written=UNITS,
        skipped={
            "useradd": ROOT_NEEDED,
            "chown": ROOT_NEEDED,
            "sudo -u postgres": POSTGRES,
            "systemctl": SERVICES,
            "cp deploy/systemd": SERVICES,
            "cp deploy/logs": NGINX,
            "cp deploy/nginx": NGINX,
            "ln -s ../sites-available": NGINX,
            "nginx -t": NGINX,
            "cd deploy": CONTAINERS,
            "cp env.example": CONTAINERS,
            "mkdir -m 700 secrets": CONTAINERS,
            "for name in secret_key field_key; do\n  python3": CONTAINERS,
            "chown 10001": CONTAINERS,
            "podman": CONTAINERS,
        },
    )
    (root / "printed").write_text(production.follow(Page("run-in-production")), encoding="utf-8")
    return Follower(root, variables)


def test_an_office_is_founded_by_the_page_about_production(office: Follower) -> None:
    printed = (office.root / "printed").read_text(encoding="utf-8")
    for name in ("secret_key", "field_key"):
        key = office.root / "etc/jiedao" / name
        assert len(key.read_text().strip()) >= 32
        assert key.stat().st_mode & 0o777 == 0o640
    assert all(title in printed for title in ("系统管理员", "安全管理员", "审计管理员"))
    assert (office.root / "var/lib/jiedao/jiedao.sqlite3").stat().st_size > 1_000_000
    assert not (office.root / "var/lib/jiedao/secret_key").exists()


def test_a_checkout_is_installed(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    follower = Follower(
        tmp_path,
        written={
            "ADDRESS-OF-THE-REPOSITORY": str(ROOT),
            "make setup": f"ln -s {ROOT}/.venv .venv",  # the environment of these tests: making it takes a network
        },
        skipped={
            "apt-get": ROOT_NEEDED,
            "make bundle": BUNDLE,
            "sha256sum": BUNDLE,
            "tar xf": BUNDLE,
            "sudo python3 install.py": BUNDLE,
            "/opt/jiedao/current/bin/jiedao demo": BUNDLE,
            ".venv/bin/uv build": "tests/deploy/test_wheel.py builds and installs the wheel",
            "python3 -m venv": "tests/deploy/test_wheel.py builds and installs the wheel",
            "/opt/jiedao/current/bin/pip": "tests/deploy/test_wheel.py builds and installs the wheel",
        },
    )
    assert "jiedao, version" in follower.follow(Page("install"))


def test_a_backup_is_made_and_restored(office: Follower) -> None:
    day = subprocess.run(["date", "+%F"], capture_output=True, text=True, check=True).stdout.strip()
    follower = Follower(
        office.root, office.variables, {"systemctl": SERVICES}, {"jiedao-DATE": f"jiedao-{day}"}
    )
    follower.follow(Page("back-up"))
    assert (office.root / f"backups/jiedao-{day}/manifest.json").is_file()
    assert (office.root / "var/lib/jiedao/jiedao.sqlite3.before-restore").is_file()


def test_a_backup_is_rehearsed_and_the_office_upgraded(office: Follower) -> None:
    backup = office.root / "backups/rehearsed"
    program = [str(office.root / "usr/local/bin/jiedao"), "backup", str(backup)]
    subprocess.run(program, env=office.environment, check=True, capture_output=True)
    (office.root / "opt/jiedao/NEW-VERSION").symlink_to(ROOT / ".venv")
    keys = {
        f"JIEDAO_{name.upper()}_FILE": f"{office.root}/etc/jiedao/{name}"
        for name in ("secret_key", "field_key")
    }
    follower = Follower(
        office.root,
        {**office.variables, **keys},
        {
            "createdb": POSTGRES,
            "/opt/jiedao/NEW-VERSION/bin/jiedao serve": "runs until it is stopped",
            "systemctl": SERVICES,
            "curl": "needs the running service",
            "jiedao restore": "goes back to the old version: the page about backups",
            "ln -sfn OLD-VERSION": "there is no older version here",
        },
        {
            " JIEDAO_DATABASE_URL=postgresql://jiedao:PASSWORD@localhost/rehearsal": "",
            "mkdir -m 700 /tmp/rehearsal": "mkdir -p -m 700 /tmp/rehearsal",
            "upgrade --check": "upgrade --check --backups /backups",
            "jiedao-DATE": "rehearsed",
        },
    )
    printed = follower.follow(Page("upgrade"))
    assert (office.root / "tmp/rehearsal/jiedao.sqlite3").is_file()
    assert "FAILED   0" in printed
    assert "intact" in printed


def fill_template(office: Follower, name: str, *rows: dict[str, str], register: str = "") -> Path:
    """Write a sheet with the template of messages or of a register, and rows under its headers."""
    path = office.root / name
    words = ["import", "template", str(path), *(("--register", register) if register else ())]
    program = str(office.root / "usr/local/bin/jiedao")
    subprocess.run([program, *words], env=office.environment, check=True, capture_output=True)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    header = next(row for row in sheet.iter_rows() if sum(cell.value is not None for cell in row) > 3)
    columns = {str(cell.value).rstrip("*").partition("（")[0]: cell.column for cell in header if cell.value}
    for number, row in enumerate(rows, start=sheet.max_row + 1):
        for title, value in row.items():
            sheet.cell(number, columns[title], value)
    book.save(path)
    return path


def test_messages_are_imported(office: Follower) -> None:
    message = {"留言编号": "A-1", "留言时间": "2026-05-06 09:00", "留言主题": "路灯不亮"}
    book = fill_template(office, "FILE.xlsx", message)
    workbook = load_workbook(book)
    workbook.copy_worksheet(workbook.worksheets[0]).title = "数据"
    workbook.save(book)
    csv = "编号,时间,标题\nB-1,2026-05-06 10:00,井盖松动\n"
    (office.root / "FILE.csv").write_text(csv.replace("时间", "留言时间"), encoding="utf-8")
    other = "编号,留言时间,标题\nC-1,2026-05-06 11:00,树枝遮挡路牌\n"
    (office.root / "OTHER.csv").write_text(other, encoding="utf-8")
    mapping = 'source = "city"\n[columns]\nnumber = "编号"\nreported_at = "留言时间"\nsubject = "标题"\n'
    (office.root / "OTHER-CITY.toml").write_text(mapping, encoding="utf-8")
    printed = Follower(office.root, office.variables).follow(Page("import-messages"))
    assert '"created": 1' in printed
    assert (office.root / "TEMPLATE.xlsx").is_file()


def test_a_register_is_imported(office: Follower) -> None:
    row = {
        "卡口编号": "K-1",
        "名称": "东门卡口",
        "社区、网格": "440307014001",
        "卡口类型": "小区出入口",
        "值守方式": "全天值守",
        "有测温设备": "是",
        "设置日期": "2020-02-01",
    }
    fill_template(office, "FILE.xlsx", row, register="checkpoints")
    cells = ",".join(row), ",".join(str(value) for value in row.values())
    (office.root / "FILE.csv").write_text("\n".join(cells), encoding="utf-8")
    written = {"register houses": "register checkpoints"}
    printed = Follower(office.root, office.variables, written=written).follow(Page("import-a-register"))
    assert '"existing": 1' in printed
    assert (office.root / "TEMPLATE.xlsx").is_file()


def test_the_audit_is_verified(office: Follower) -> None:
    program = str(office.root / "usr/local/bin/jiedao")
    for word in ("seal", "verify"):
        words = [program, "audit", word, *(("--json",) if word == "verify" else ())]
        done = subprocess.run(words, env=office.environment, check=False, capture_output=True, text=True)
    head = json.loads(done.stdout)["head"]
    printed = Follower(office.root, office.variables, written={"HEX": head}).follow(Page("check-the-audit"))
    assert printed.count("intact") == 2


def test_accounts_are_helped(office: Follower) -> None:
    printed = Follower(office.root, office.variables, written={"USERNAME": "zhang"}).follow(
        Page("sign-in-safely")
    )
    assert "zhang" in printed


def test_settings_of_all_pages_are_read_by_a_shell_and_by_systemd(office: Follower, tmp_path: Path) -> None:
    """The lines are valid for the program, and each is one word for a shell: systemd reads it in the same way."""
    for name in ("mail_password", "sms_secret", "oidc_secret"):
        (office.root / "etc/jiedao" / name).write_text("of another server", encoding="utf-8")
    lines = (office.root / "etc/jiedao/env").read_text(encoding="utf-8").splitlines()
    for name in ("send-notices", "sign-in-with-the-offices-account"):
        for block in Page(name).find_blocks("ini"):
            lines += Follower(office.root).place(block).splitlines()
    file = tmp_path / "env"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    script = f"set -aeu; . {file}; exec {sys.executable} -c 'from jiedao.settings import JIEDAO_MAIL as m; print(m)'"
    done = subprocess.run(
        ["sh", "-c", script], env=office.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "'街道办 <jiedao@example.gov.cn>'" in done.stdout
    for line in filter(None, lines):
        value = line.partition("=")[2]
        assert line.startswith("#") or value.startswith("'") or not set(value) & set(' "#$<>*`\\'), line


@pytest.mark.parametrize("name", ["send-notices", "sign-in-with-the-offices-account"])
def test_a_secret_is_put_into_its_file(office: Follower, name: str) -> None:
    Follower(office.root, office.variables).follow(Page(name), stdin="typed by hand\n")
    secret = "oidc_secret" if name.startswith("sign") else "mail_password"
    assert "typed by hand" in (office.root / "etc/jiedao" / secret).read_text(encoding="utf-8")


def test_scores_are_shown(office: Follower) -> None:
    reason = "needs scores: published in jiedao/evaluation/tests/test_scores.py"
    printed = Follower(office.root, office.variables, {"jiedao score publish": reason}).follow(
        Page("evaluate")
    )
    assert "units_quarter" in printed
    for block in Page("evaluate").find_blocks("toml"):
        assert tomllib.loads(block)


def test_figures_are_listed(office: Follower) -> None:
    assert "cases.reported" in Follower(office.root, office.variables).follow(Page("enter-figures"))


def test_forms_are_listed(office: Follower) -> None:
    reason = "needs a form that was uploaded on a page: jiedao/desk/tests/test_form_pages.py"
    Follower(office.root, office.variables, {"jiedao form fill": reason}).follow(Page("fill-forms"))


def test_a_report_is_built_and_compared(office: Follower) -> None:
    reason = "an office without cases differs from every report: jiedao/demo/tests/test_town.py verifies one"
    follower = Follower(office.root, office.variables, {"jiedao report verify": reason})
    follower.follow(Page("write-a-report"))
    assert sorted(path.suffix for path in (office.root / "DIR").glob("half-year*")) == [
        ".docx",
        ".html",
        ".pdf",
    ]


def test_a_report_is_checked(office: Follower) -> None:
    (office.root / "REPORT.txt").write_text("受理投诉100宗，其中办结60宗，占60%。", encoding="utf-8")
    printed = Follower(office.root, office.variables).follow(Page("check-a-report"))
    assert '"claims"' in printed


@pytest.mark.parametrize("name", ["print", "name-a-deputy"])
def test_a_page_about_pages_has_no_commands(name: str) -> None:
    assert Page(name).find_commands() == []


def test_every_howto_is_followed() -> None:
    elsewhere = {  # page -> the test that follows it
        "make-a-pack": "tests of its commands",
        "map-another-citys-file": "tests/docs/test_examples.py",
        "change-the-town": "tests/docs/test_change_the_town.py",
        "move-to-postgresql": "tests/deploy/test_move.py",
        "join-a-district": "tests/docs/test_join_a_district.py",
        "send-orders": "tests/docs/test_join_a_district.py",
        "run-many-offices": "tests/docs/test_many_offices.py",
        "use-open311": "jiedao/api/open311/tests/test_clients.py",
        "open-the-public-site": "tests/browser/test_portal.py",
        "publish": "tests/browser/test_publishing.py",
        "review-cases-for-the-public": "tests/browser/test_public_review.py",
        "consult-the-public": "tests/browser/test_public_review.py",
        "work-in-the-field": "tests/browser/test_field.py",
        "connect-other-systems": "tests/browser/test_connections.py",
    }
    text = Path(__file__).read_text(encoding="utf-8")
    names = {path.stem for path in (ROOT / "docs/how-to").glob("*.md")}
    assert {name for name in names - set(elsewhere) if f'"{name}"' not in text} == set()
