"""`jiedao pack new`: make the pack of a new town or district."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.faults import Report
from jiedao.packs.check import check_pack
from jiedao.packs.founding import (
    MOST_GRIDS,
    TownNames,
    read_communities,
    read_departments,
    read_name,
    read_town_code,
    write_files,
    write_pack,
)
from jiedao.packs.founding_district import (
    DistrictNames,
    make_district_files,
    read_district_code,
    read_offices,
)
from jiedao.packs.language import add_language

Ask = Callable[[str, str, Callable[[str], object]], str]  # question, default, what reads the answer


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--level",
    type=click.Choice(["town", "district"]),
    default="town",
    help="What the pack is of; a town by default.",
)
@click.option("--district", help="Name of the district 区.")
@click.option("--town", help="Name of the sub-district 街道.")
@click.option("--code", help="The 9 digits of the sub-district; of a district its 6 digits.")
@click.option(
    "--community",
    "communities",
    multiple=True,
    help="A community, NAME or 003=NAME; may be given more than once.",
)
@click.option(
    "--department",
    "departments",
    multiple=True,
    help="A department, NAME or CODE=NAME; may be given more than once.",
)
@click.option(
    "--office",
    "offices",
    multiple=True,
    help="A sub-district of a district, NAME or 014=NAME; may be given more than once.",
)
@click.option("--grids", type=click.IntRange(1, MOST_GRIDS), help="How many grids each community has.")
@click.option(
    "--defaults", is_flag=True, help="Take the default answer to everything that no option answers."
)
@add_language
def new_pack(
    *,
    folder: Path,
    level: str,
    district: str | None,
    town: str | None,
    code: str | None,
    communities: tuple[str, ...],
    departments: tuple[str, ...],
    offices: tuple[str, ...],
    grids: int | None,
    defaults: bool,
) -> None:
    """Make the pack of a minimal town in the new folder DIR, ready to be applied; asks for names that are not given.

    Every file states what it is for. With the default answers it is the shipped pack "minimal". Units that each office
    needs (command centre, supervision, general office) are there already. With --level district it is the pack of a
    district above its sub-district offices, which --office names.
    """
    ask = _take_default if defaults else _ask
    _check_options(
        level, town=town, community=communities, department=departments, grids=grids, office=offices
    )
    if level == "district":
        district_names = _ask_district_names(ask, district, code, offices)
        files = write_files(folder, lambda: make_district_files(district_names))
    else:
        names = _ask_town_names(ask, district, town, code, communities, departments, grids)
        files = write_pack(folder, names)
    report = check_pack(folder)[1]
    print_report(report)
    click.echo(f"{folder}: made, {len(files)} files; begin with README.md", err=True)
    click.echo(f"next: jiedao pack check {folder}, then jiedao pack apply {folder}", err=True)
    raise SystemExit(0 if report.passed else 1)


def _check_options(level: str, **options: object) -> None:
    """Refuse an option of the other level."""
    own = {"office"} if level == "district" else set(options) - {"office"}
    for name, value in options.items():
        if value and name not in own:
            raise click.UsageError(f"--{name} does not belong to --level {level}")


def _ask_town_names(  # noqa: PLR0917 (the options of the command)
    ask: Ask,
    district: str | None,
    town: str | None,
    code: str | None,
    communities: tuple[str, ...],
    departments: tuple[str, ...],
    grids: int | None,
) -> TownNames:
    usual = TownNames()
    return TownNames(
        district=district or ask("District 区", usual.district, read_name),
        town=town or ask("Sub-district 街道", usual.town, read_name),
        code=code or ask("Its code, 9 digits", usual.code, read_town_code),
        communities=communities
        or _split(ask("Communities 社区", "、".join(usual.communities), _read_all_communities)),
        departments=departments
        or _split(ask("Departments that handle cases", "、".join(usual.departments), _read_all_departments)),
        grids=grids or int(ask("Grids of each community", str(usual.grids), _read_grids)),
    )


def _ask_district_names(
    ask: Ask,
    district: str | None,
    code: str | None,
    offices: tuple[str, ...],
) -> DistrictNames:
    usual = DistrictNames()
    return DistrictNames(
        district=district or ask("District 区", usual.district, read_name),
        code=code or ask("Its code, 6 digits", usual.code, read_district_code),
        offices=offices or _split(ask("Sub-districts 街道", "、".join(usual.offices), _read_all_offices)),
    )


def _take_default(_question: str, default: str, _read: Callable[[str], object]) -> str:
    return default


def _ask(question: str, default: str, read: Callable[[str], object]) -> str:
    """Ask until the answer is sound; Enter takes the default."""
    while True:
        try:
            answer = str(click.prompt(question, default=default, err=True))
        except click.Abort:
            hint = "在终端里运行，或用选项写明名称；--defaults 对没有写明的用默认值。"
            raise UserError("没有读到回答，没有写入任何内容。", hint=hint) from None
        try:
            read(answer)
        except UserError as error:
            click.echo(f"{error.message} {error.hint}", err=True)
        else:
            return answer


def _split(answer: str) -> tuple[str, ...]:
    """Return the names of one answer, which are separated by commas of any kind."""
    return tuple(part for part in (part.strip() for part in re.split("[、,，;；]", answer)) if part)


def _read_all_communities(answer: str) -> Sequence[str]:
    return list(read_communities(_split(answer)))


def _read_all_offices(answer: str) -> Sequence[str]:
    return list(read_offices(_split(answer)))


def _read_all_departments(answer: str) -> Sequence[str]:
    return list(read_departments(_split(answer)))


def _read_grids(answer: str) -> int:
    if not (answer.isascii() and answer.isdigit() and 1 <= int(answer) <= MOST_GRIDS):
        raise UserError(f"{answer!r} 不是网格数。", hint=f"请写 1 到 {MOST_GRIDS} 的整数。")
    return int(answer)


def print_report(report: Report) -> None:
    """Print every fault of a pack, errors first."""
    for fault in sorted(set(report.errors)):
        click.echo(_("错误：%(fault)s") % {"fault": fault})
    for fault in sorted(set(report.warnings)):
        click.echo(_("提醒：%(fault)s") % {"fault": fault})
