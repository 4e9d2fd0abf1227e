"""The command `jiedao demo`, which creates a demonstration town and serves it."""

import random
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import click
from django.conf import settings
from tqdm import tqdm

from jiedao.accounts.models import User
from jiedao.accounts.views import DEMO_PASSWORD
from jiedao.cases import suggesting
from jiedao.cases.models import Case
from jiedao.demo.generator import BATCH, PAST_CASES, PAST_TO, Generator, Progress, make_cases
from jiedao.demo.inspections import make_inspections
from jiedao.demo.live import make_live_cases, make_real_moves
from jiedao.demo.people import make_people
from jiedao.demo.progress import load_progress
from jiedao.demo.records import load_records
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.serving import (
    build_server_command,
    build_server_environment,
    prepare_database,
    prepare_to_serve,
    wait_until_up,
)
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.shipped import PackFolder, find_pack
from jiedao.places.models import Area

SEED = 20200101
PACK = find_pack("buji")


def ignore_progress(_count: float | None) -> None:
    """Accept a report of progress and do nothing."""


def make_town(
    pack: Path, *, past_cases: int = PAST_CASES, batch: int = BATCH, progress: Progress = ignore_progress
) -> None:
    """Prepare the database, apply the pack and create people, records, cases and progress; existing rows stay.

    Args:
        past_cases: how many cases the past half-year has.
        batch: how many of them are written in one transaction.
        progress: called after each batch with the number of its cases. An exception interrupts the run; the next
            run continues after the last batch.
    """
    actor = make_system_actor("演示数据生成器")
    prepare_database(verbosity=0)
    if not pack.is_dir():
        raise UserError(f"没有找到数据包 {pack}。", hint="请在项目目录中运行，或用 --pack 指明数据包。")
    if not Area.objects.exists():
        click.echo(f"applying {pack.name} ...", err=True)
        checked, report = check_pack(pack)
        if not report.passed:
            raise UserError(f"数据包 {pack} 有错误。", hint=f"运行 jiedao pack check {pack} 查看。")
        apply_pack(pack=checked, actor=actor)
        forget_all()
    make_people(pack / "demo", random.Random(SEED), actor=actor)  # noqa: S311
    load_records(pack / "demo" / "registers", actor=actor)
    make_town_cases(pack, past_cases, batch, progress)
    # After the cases: an obstacle is a case of today, and cases of today distinguish a finished run from an
    # interrupted one.
    load_progress(pack / "demo" / "progress.toml")


def make_town_cases(pack: Path, past_cases: int, batch: int, progress: Progress) -> None:
    """Create the cases of the half-year and of today, and the inspections; continue an interrupted run."""
    actor = make_system_actor("演示数据生成器")
    # The cases of today are written last and in one transaction: if there are none, an earlier run was interrupted.
    newest = Case.objects.filter(reported_date__gt=PAST_TO).order_by("-reported_at").first()
    if newest is not None:
        report_existing_cases(newest.reported_at)
    else:
        make_all_cases(pack, actor, past_cases, batch, progress)
    make_inspections(pack / "demo", SEED, actor=actor)


def make_all_cases(pack: Path, actor: Actor, past_cases: int, batch: int, progress: Progress) -> None:
    """Create the cases of the half-year that are still missing, and those of today."""
    generator = Generator(pack / "demo", SEED)
    done = Case.objects.count()
    with tqdm(total=past_cases, initial=done, desc="2020H1", unit="case", file=sys.stderr) as bar:

        def advance(count: float | None) -> None:
            bar.update(count)
            progress(count)

        make_cases(
            list(generator.make_past_cases(past_cases))[done:], actor=actor, batch=batch, progress=advance
        )
    make_cases(make_live_cases(generator), actor=actor, batch=batch, progress=ignore_progress)
    make_real_moves(generator)


def report_existing_cases(newest: datetime) -> None:
    """Print that the cases are left unchanged and, if they are old, how to get new ones."""
    click.echo(f"keeping {Case.objects.count()} cases", err=True)
    days = (clock.now() - newest).days
    if days >= 2:
        click.echo(
            f"The newest is {days} days old, so most of what waits is overdue by now. For cases of today, start with "
            f"an empty database: name another JIEDAO_DATA, or remove {settings.JIEDAO_DATA} with all that was entered.",
            err=True,
        )


def print_accounts(address: str) -> None:
    """Print the address of the site and the accounts of the demonstration."""
    click.echo(f"\njiedao is ready: {address}\n")
    click.echo(f"Demonstration accounts (password of all: {DEMO_PASSWORD}); the data is made up:")
    for user in User.objects.filter(is_demo=True).order_by("id"):
        click.echo(f"  {user.username:10} {user.full_name}  {user.about}")


@click.command()
@click.option("--no-serve", is_flag=True, help="Only make the data.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--pack",
    default=PACK.name,
    type=PackFolder(),
    show_default=True,
    help="The town to show: a folder or a name.",
)
def demo(no_serve: bool, host: str, port: int, pack: Path) -> None:
    """Make a demonstration town and serve it. A second run keeps the data."""
    if not no_serve:
        prepare_to_serve(host, port)
    make_town(pack)
    suggesting.KEYWORDS.forget()
    if no_serve:
        print_accounts("(not serving; run jiedao demo)")
        return
    serve_and_work(host, port)


def serve_and_work(host: str, port: int) -> None:
    """Run server and worker until Ctrl-C, SIGTERM or the end of the terminal, then stop both."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_args: sys.exit(0))
    # The processes have groups of their own, so that Ctrl-C reaches this process only, which stops them in order.
    commands = [build_server_command(host, port), [sys.executable, "-m", "jiedao", "worker"]]
    # With a log line for every request the printed accounts would scroll off the screen.
    environment = {"JIEDAO_LOG_LEVEL": "WARNING", **build_server_environment(port)}
    processes = [subprocess.Popen(command, process_group=0, env=environment) for command in commands]  # noqa: S603 (our own)
    try:
        if not wait_until_up(host, port, processes[0]):
            raise UserError("服务没有起来，原因见上。", hint="运行 jiedao serve 再看一次。")
        print_accounts(f"http://{host}:{port}/")
        click.echo("\nCtrl-C stops it; the data stays.")
        processes[0].wait()
    except KeyboardInterrupt:
        click.echo("stopping ...", err=True)
    finally:
        stop_processes(processes)


def stop_processes(processes: list[subprocess.Popen[bytes]]) -> None:
    """Terminate the processes, and kill those that have not ended after 20 seconds."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
