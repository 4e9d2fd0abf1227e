"""The command `jiedao demo`, which creates a demonstration town and serves it."""

import os
import random
import signal
import subprocess
import sys
import tomllib
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import click
from django.conf import settings
from django.db import connection, transaction
from tqdm import tqdm

from jiedao.accounts.models import User
from jiedao.accounts.views import DEMO_PASSWORD
from jiedao.cases import suggesting
from jiedao.cases.flow import State
from jiedao.cases.hot_matters import refresh_hot_matters
from jiedao.cases.models import Case, HotMatter
from jiedao.demo.forms import make_forms
from jiedao.demo.generator import BATCH, HALF_YEAR_CASES, PAST_TO, Generator, Progress, make_cases
from jiedao.demo.inspections import make_inspections
from jiedao.demo.live import MIX, make_live_cases, make_real_moves
from jiedao.demo.participation import make_participation
from jiedao.demo.people import make_crews, make_people
from jiedao.demo.progress import load_progress
from jiedao.demo.publishing import make_publications
from jiedao.demo.records import load_records
from jiedao.demo.reporting import load_reports
from jiedao.evaluation.access import find_last_period
from jiedao.evaluation.actions.publishing import publish_scores
from jiedao.evaluation.models import Score, ScoreSheet
from jiedao.evaluation.notices import PUBLISHED
from jiedao.evaluation.selectors import list_periods
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import Period
from jiedao.kernel.serving import (
    build_server_command,
    build_server_environment,
    prepare_database,
    prepare_to_serve,
    tie_to_parent,
    wait_until_up,
)
from jiedao.notices.models import Notice
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.shipped import PackFolder, find_pack
from jiedao.places.models import Area

SEED = 20200101
PUBLISHED_PERIODS = 6  # of each score sheet: a half-year of months
PACK = find_pack("buji")
# When the half-year that the seed report counts ends.
MORNING = datetime(2020, 6, 30, 9, tzinfo=clock.TOWN_TZ)
WORKER_PAUSE = 5.0  # seconds before a worker that has ended is started again
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def ignore_progress(_count: float | None) -> None:
    """Accept a report of progress and do nothing."""


def make_town(
    pack: Path,
    *,
    today: bool = False,
    cases: int = HALF_YEAR_CASES,
    batch: int = BATCH,
    progress: Progress = ignore_progress,
) -> None:
    """Prepare the database, apply the pack and create people, records, cases and progress; existing rows stay.

    The town's clock stays at the moment of the demonstration while it is made, and runs from then on. Raise UserError
    where the database is not that of a demonstration, or of one of another time.

    Args:
        today: make the town of today instead of that of the morning of 30 June 2020.
        cases: how many cases are reported in the half-year, with those that are open.
        batch: how many of them are written in one transaction.
        progress: called after each batch with the number of its cases. An exception interrupts the run; the next
            run continues after the last batch.
    """
    if not pack.is_dir():
        raise UserError(f"没有找到数据包 {pack}。", hint="请在项目目录中运行，或用 --pack 指明数据包。")
    if not (pack / "demo" / "people.toml").is_file():
        raise UserError(
            f"数据包 {pack} 没有演示数据（demo 文件夹），没有写入任何内容。",
            hint="要试用它：依次运行 jiedao migrate、pack apply、user create、serve（docs/how-to/make-a-pack.md）。",
        )
    if has_tables():  # before the database of an office would be migrated
        check_database_is_own(today)
    prepare_database(verbosity=0)
    if clock.read_town_time().began_at is None and not User.objects.exists():
        clock.begin(clock.real_now() if today else MORNING, None)
    if clock.read_town_time().stands:
        moment = clock.now() if today else MORNING
        with clock.at(moment):
            make_all(pack, cases, batch, progress)
        clock.begin(moment, moment if today else clock.real_now())
    else:
        make_missing(pack)


def check_database_is_own(today: bool) -> None:
    """Raise UserError where the database has accounts or cases that are not a demonstration's, or has another time."""
    began_at = clock.read_town_time().began_at
    if began_at is None:
        mark_former_accounts()
    foreign_users = User.objects.filter(is_demo=False)
    if foreign_users.exists() or (Case.objects.exists() and not User.objects.exists()):
        names = "、".join(foreign_users.order_by("id").values_list("username", flat=True)[:5])
        raise UserError(
            f"数据库里有 {foreign_users.count()} 个账号（{names or '无'}）、{Case.objects.count()} 件案件不是演示的，"
            "没有写入任何内容：演示账号的密码人人知道，不能放进正式的数据库。",
            hint="请另用一个数据文件夹：JIEDAO_DATA=/tmp/jiedao-demo jiedao demo（PostgreSQL 请另建一个空数据库）；"
            "要启动原有的系统，请用 jiedao serve 和 jiedao worker。",
        )
    if today and began_at is not None and began_at.date() == MORNING.date():
        raise UserError(
            "这里已经有一个从 2020 年 6 月 30 日起走的演示。",
            hint="去掉 --today 继续用它；要今天的演示，请另用一个数据文件夹：JIEDAO_DATA=/tmp/jiedao-today。",
        )


def has_tables() -> bool:
    """Return whether the database exists and has tables, of this version or of an earlier one."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return False  # to connect would create the file
    return User._meta.db_table in connection.introspection.table_names()


def mark_former_accounts() -> None:
    """Mark the accounts that an earlier version made for posts without a holder and did not mark.

    They are known by their stored password: an earlier run stored one and the same for all of its accounts.
    """
    passwords = User.objects.filter(is_demo=True).values("password").distinct()
    User.objects.filter(
        is_demo=False, password__in=list(passwords.values_list("password", flat=True))
    ).update(is_demo=True)


def make_all(pack: Path, cases: int, batch: int, progress: Progress) -> None:
    """Make all of a town at the present moment, or what an interrupted run has not made."""
    actor = make_system_actor("演示数据生成器")
    if not Area.objects.exists():
        click.echo(f"applying {pack.name} ...", err=True)
        checked, report = check_pack(pack)
        if not report.passed:
            raise UserError(f"数据包 {pack} 有错误。", hint=f"运行 jiedao pack check {pack} 查看。")
        apply_pack(pack=checked, actor=actor)
        forget_all()
    make_missing(pack)
    make_all_cases(pack, actor, cases, batch, progress)
    make_inspections(pack / "demo", SEED, actor=actor)
    load_progress(pack / "demo" / "progress.toml")
    with suppress(UserError):  # a small town may lack figures that the text of its report words
        load_reports(pack / "demo")
    if not HotMatter.objects.exists():
        refresh_hot_matters()
    make_crews(pack / "demo", random.Random(SEED), actor=actor)  # noqa: S311
    publish_ended_scores(actor)
    make_forms(pack / "demo")
    make_participation(pack / "demo", SEED)
    make_publications(pack / "demo")


def publish_ended_scores(actor: Actor) -> None:
    """Publish the scores of the last periods of each sheet where there is data: the last now, earlier ones in time."""
    for sheet in ScoreSheet.objects.filter(active=True):
        last = find_last_period(sheet)
        for period in reversed(list_periods(sheet, last, limit=PUBLISHED_PERIODS + 1)):
            if period.last >= clock.today() or is_published(sheet, period):
                continue
            moment = clock.now() if period == last else period.end_at + timedelta(hours=9)
            with suppress(UserError), clock.at(moment):  # a small town may have nothing to score
                publish_scores(actor=actor, sheet=sheet, period=period)
            if period != last:
                Notice.objects.filter(kind=PUBLISHED.code, read_at=None).update(read_at=moment)


def is_published(sheet: ScoreSheet, period: Period) -> bool:
    """Return whether the scores of a period are published."""
    return Score.objects.filter(sheet_version__sheet=sheet, first_date=period.first).exists()


def make_missing(pack: Path) -> None:
    """Create holders of posts that nobody holds, and import the records of registers that are empty."""
    actor = make_system_actor("演示数据生成器")
    make_people(pack / "demo", random.Random(SEED), actor=actor)  # noqa: S311
    load_records(pack / "demo" / "registers", actor=actor)


def make_all_cases(pack: Path, actor: Actor, cases: int, batch: int, progress: Progress) -> None:
    """Create the cases of the half-year that are still missing: first the handled ones, then those that are open.

    Together with the cases that inspections and obstacles start later they are `cases`. A town of today has that many
    handled cases of the half-year, and the open ones of today beside them.
    """
    generator = Generator(pack / "demo", SEED)
    if Case.objects.exclude(state=State.DONE.value).exists():
        return  # the open ones are written last and in one transaction
    half_year = clock.today() == PAST_TO
    handled = cases - sum(MIX.values()) - count_started_cases(pack / "demo") if half_year else cases
    done = Case.objects.count()
    with tqdm(total=handled, initial=done, desc="2020H1", unit="case", file=sys.stderr) as bar:

        def advance(count: float | None) -> None:
            bar.update(count)
            progress(count)

        make_cases(
            list(generator.make_past_cases(handled))[done:], actor=actor, batch=batch, progress=advance
        )
    with transaction.atomic():
        make_cases(make_live_cases(generator), actor=actor, batch=batch, progress=ignore_progress)
        make_real_moves(generator)


def count_started_cases(folder: Path) -> int:
    """Return how many cases the inspections and obstacles of the pack's demonstration start."""
    count = 0
    for name, table, needed in (("inspections.toml", "visit", "item"), ("progress.toml", "obstacle", "text")):
        if (folder / name).is_file():
            rows = tomllib.loads((folder / name).read_text(encoding="utf-8")).get(table, [])
            count += sum(needed in row for row in rows)
    return count


def print_accounts(address: str) -> None:
    """Print the address of the site, its time, and the accounts of the demonstration."""
    town_time = clock.read_town_time()
    click.echo(f"\njiedao is ready: {address}\n")
    if town_time.began_at is not None:
        began_at, now = (at.astimezone(clock.TOWN_TZ) for at in (town_time.began_at, clock.now()))
        click.echo(
            f"The town's clock began at {began_at:%Y-%m-%d %H:%M}; it is {now:%Y-%m-%d %H:%M} there now."
        )
        if (now - began_at).days >= 2:
            click.echo(
                "Most of what waits is overdue by now. For the first morning, start with an empty database: name "
                f"another JIEDAO_DATA, or remove {settings.JIEDAO_DATA} with all that was entered."
            )
    click.echo(f"Demonstration accounts (password of all: {DEMO_PASSWORD}); the data is made up:")
    for user in User.objects.filter(is_demo=True, about__gt="").order_by("id"):
        click.echo(f"  {user.username:10} {user.full_name}  {user.about}")


def describe_reach(host: str) -> str:
    """Return a sentence about who can reach the site: this machine only, or everybody with the known password."""
    if host in LOOPBACK:
        return f"Only this machine reaches it ({host})."
    return (
        f"WARNING: every machine that reaches {host} can sign in to it, because the passwords of the demonstration are "
        "known to everybody. Enter no real data."
    )


@click.command()
@click.option("--no-serve", is_flag=True, help="Only make the data.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on: this machine only."
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--pack",
    default=PACK.name,
    type=PackFolder(),
    show_default=True,
    help="The town to show: a folder or a name.",
)
@click.option("--today", is_flag=True, help="Show open cases of today instead of those of 30 June 2020.")
def demo(no_serve: bool, host: str, port: int, pack: Path, today: bool) -> None:
    """Make a demonstration town and serve it. A second run keeps the data.

    Its clock begins at 9:00 on 30 June 2020 and runs on from there. The database must be empty or a demonstration's.
    """
    if not no_serve:
        prepare_to_serve(host, port)
    make_town(pack, today=today)
    suggesting.KEYWORDS.forget()
    if no_serve:
        print_accounts("(not serving; run jiedao demo)")
        return
    serve_and_work(host, port)


def serve_and_work(host: str, port: int) -> None:
    """Run server and worker until Ctrl-C, SIGTERM or the end of the terminal, then stop both.

    When this process is killed, they end by themselves. Raise UserError when another program has taken the port,
    perhaps while the town was made.
    """
    prepare_to_serve(host, port)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_args: sys.exit(0))
    # The processes have groups of their own, so that Ctrl-C reaches this process only, which stops them in order.
    commands = [
        build_server_command(host, port, parent=os.getpid()),
        [sys.executable, "-m", "jiedao", "worker", "--parent", str(os.getpid())],
    ]
    # With a log line for every request the printed accounts would scroll off the screen.
    environment = {"JIEDAO_LOG_LEVEL": "WARNING", **build_server_environment(port)}
    processes = [start_process(command, environment) for command in commands]
    try:
        if not wait_until_up(host, port, processes[0]):
            raise UserError("服务没有起来，原因见上。", hint="运行 jiedao serve 再看一次。")
        print_accounts(f"http://{host}:{port}/")
        click.echo(f"\n{describe_reach(host)}")
        click.echo("\nCtrl-C stops it; the data stays.")
        keep_working(processes, commands[1], environment)
    except KeyboardInterrupt:
        click.echo("stopping ...", err=True)
    finally:
        stop_processes(processes)


def start_process(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, which ends with this one."""
    tie = partial(tie_to_parent, os.getpid())
    return subprocess.Popen(command, process_group=0, env=environment, preexec_fn=tie)  # noqa: PLW1509, S603 (our own)


def keep_working(
    processes: list[subprocess.Popen[bytes]], worker_command: list[str], environment: dict[str, str]
) -> None:
    """Wait until the server ends; start a worker again that has ended."""
    while True:
        with suppress(subprocess.TimeoutExpired):
            processes[0].wait(timeout=WORKER_PAUSE)
            return
        if processes[1].poll() is not None:
            click.echo("the worker has ended and is started again", err=True)
            processes[1] = start_process(worker_command, environment)


def stop_processes(processes: list[subprocess.Popen[bytes]]) -> None:
    """Terminate the processes, and kill those that have not ended after 20 seconds."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
