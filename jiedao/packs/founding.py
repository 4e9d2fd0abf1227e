"""Make the pack of a new town from its names, as `jiedao pack new` does.

Files that name the town, its places or its units are templates in the folder `template`; the others are copied from
the shipped pack `minimal`, which is the result of the default answers.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from jiedao.kernel.errors import UserError
from jiedao.kernel.folding import fold_key
from jiedao.packs.shipped import list_shipped_packs

TEMPLATE = Path(__file__).with_name("template")
FIXED_UNITS = {"JDB": "办事处", "ZHIHUI": "指挥中心", "DUCHA": "督查室", "DANGZHENG": "党政综合办公室"}
UNIT_CODE = re.compile(r"[A-Z][A-Z0-9-]{0,39}")
UNSAFE = re.compile(r"[\x00-\x1f\x7f\"\\$]")
LONGEST_NAME = 40
MOST_GRIDS = 99


@dataclass(frozen=True)
class TownNames:
    """What `pack new` asks for; the defaults make the pack `minimal`.

    Attributes:
        code: the 9 digits of the sub-district; the first six are the district's.
        communities: names in order, or "003=NAME" to choose the last three digits of the code.
        departments: names in order, or "CODE=NAME"; the first one leads all cases until duties.toml states otherwise.
        grids: how many grids each community has.
    """

    district: str = "示例区"
    town: str = "示例街道"
    code: str = "999901001"
    communities: tuple[str, ...] = ("东社区", "西社区")
    departments: tuple[str, ...] = ("CHENGGUAN=城市管理办公室", "YINGJI=应急管理办公室")
    grids: int = 2


def make_files(names: TownNames) -> dict[str, bytes]:
    """Return the content of each file of the pack, by its name in the pack; raise UserError for unsound names."""
    values = _make_values(names)
    templates = {path.relative_to(TEMPLATE).as_posix(): path for path in _list_files(TEMPLATE)}
    files = list_minimal_files() | templates
    contents = {}
    for name, path in sorted(files.items()):
        text = path.read_text(encoding="utf-8")
        contents[name] = (Template(text).substitute(values) if name in templates else text).encode()
    return contents


def write_pack(folder: Path, names: TownNames) -> list[str]:
    """Write the pack of a town into a folder that is new or empty, and return the names of its files."""
    return write_files(folder, lambda: make_files(names))


def write_files(folder: Path, make: Callable[[], dict[str, bytes]]) -> list[str]:
    """Write what `make` returns into a folder that is new or empty, and return the names of the files."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            f"{folder} 已经存在，而且不是空文件夹，没有写入任何内容。", hint="请换一个名称，或先把它移走。"
        )
    files = make()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sorted(files)


def list_minimal_files() -> dict[str, Path]:
    """Return the files of the shipped pack `minimal`, by their names in the pack."""
    minimal = list_shipped_packs().get("minimal")
    if minimal is None:
        raise UserError("找不到随程序附带的数据包 minimal。", hint="请重新安装 jiedao。")
    return {path.relative_to(minimal).as_posix(): path for path in _list_files(minimal)}


def _list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


# -- the names -------------------------------------------------------------------------------------------------------


def read_town_code(text: str) -> str:
    """Return the 9-digit code of a sub-district; the national 12-digit form ends with 000."""
    digits = text.strip()
    if re.fullmatch(r"[0-9]{9}000", digits, re.ASCII):
        digits = digits[:9]
    if not re.fullmatch(r"[0-9]{9}", digits, re.ASCII):
        raise UserError(
            f"{text!r} 不是街道的代码。", hint="街道代码是 9 位数字，前 6 位是区的代码，例如 440307014。"
        )
    return digits


def read_name(text: str) -> str:
    """Return a name without spaces around it."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or UNSAFE.search(name):
        raise UserError(
            f"名称 {text!r} 不能用。",
            hint=f"请写 1 到 {LONGEST_NAME} 个字，不要有英文双引号、反斜线、$ 和换行。",
        )
    return name


def read_communities(texts: Sequence[str]) -> dict[str, str]:
    """Return the names of communities by the last three digits of their codes, which are 001, 002, … by default."""

    def read_step(text: str) -> str:
        step = text[-3:] if len(text) == 12 else text  # the complete code is as good
        if not re.fullmatch(r"[0-9]{3}", step, re.ASCII) or step == "000":
            raise UserError(f"{text!r} 不是社区的代码。", hint="请写社区代码的末三位，例如 003=东社区。")
        return step

    return read_coded(texts, read_step, lambda number: f"{number:03d}", "社区")


def read_departments(texts: Sequence[str]) -> dict[str, str]:
    """Return the names of departments by code, which is D1, D2, … by default."""

    def read_unit_code(text: str) -> str:
        code = text.upper()
        if not UNIT_CODE.fullmatch(code) or code in FIXED_UNITS:
            taken = "、".join(FIXED_UNITS)
            hint = f"请写大写字母、数字和 -，字母开头，例如 CHENGGUAN=城市管理办公室；{taken} 已经用了。"
            raise UserError(f"{text!r} 不能作部门的代码。", hint=hint)
        return code

    departments = read_coded(texts, read_unit_code, lambda number: f"D{number}", "部门")
    taken_names = {fold_key(name) for name in FIXED_UNITS.values()}
    for name in departments.values():
        if fold_key(name) in taken_names:
            raise UserError(f"部门“{name}”本来就有。", hint="指挥中心、督查室、党政综合办公室不用再写。")
    return departments


def read_coded(
    texts: Sequence[str], read_code: Callable[[str], str], make_code: Callable[[int], str], what: str
) -> dict[str, str]:
    """Return names by code, from texts NAME or CODE=NAME; `what` names the things in a refusal."""
    entries: dict[str, str] = {}
    names: set[str] = set()
    for number, text in enumerate(texts, start=1):
        code_text, equals, name_text = text.replace("＝", "=").partition("=")
        code = read_code(code_text.strip()) if equals else make_code(number)
        name = read_name(name_text if equals else text)
        if code in entries or fold_key(name) in names:
            raise UserError(f"{what}“{text}”重复了。", hint="每个代码和名称只写一次。")
        names.add(fold_key(name))
        entries[code] = name
    if not entries:
        raise UserError(f"至少要有一个{what}。", hint="请写上名称。")
    return entries


# -- the parts of templates --------------------------------------------------------------------------------------------


def _make_values(names: TownNames) -> dict[str, str]:
    code = read_town_code(names.code)
    communities, departments = read_communities(names.communities), read_departments(names.departments)
    if not 1 <= names.grids <= MOST_GRIDS:
        raise UserError(f"每个社区的网格数 {names.grids} 不能用。", hint=f"请写 1 到 {MOST_GRIDS}。")
    first_community = code + next(iter(communities))
    return {
        "town": read_name(names.town),
        "code": code,
        "areas": _write_areas(names, code, communities),
        "departments": "\n".join(
            write_unit(unit, name, "DEPARTMENT", code) for unit, name in departments.items()
        ),
        "workstations": "\n".join(
            write_unit(f"SQ{step}", f"{name}工作站", "COMMUNITY", code + step)
            for step, name in communities.items()
        ),
        "department": next(iter(departments)),
        "community": first_community,
        "grid": f"{first_community}001",
        "duties": "".join(_write_duty_example(unit, name) for unit, name in list(departments.items())[1:]),
    }


def _write_areas(names: TownNames, code: str, communities: dict[str, str]) -> str:
    """Return the lines of areas.csv: the grids of a community follow it, named by their numbers."""
    rows = [(code[:6], read_name(names.district), ""), (code, read_name(names.town), "")]
    for step, name in communities.items():
        rows.append((code + step, name, ""))
        rows += [(f"{code}{step}{grid:03d}", f"网格{grid:03d}", "") for grid in range(1, names.grids + 1)]
    return write_rows(rows)


def write_rows(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as lines of a CSV file, without the end of the last one."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue().rstrip("\n")


def write_unit(code: str, name: str, kind: str, area: str, parent: str = "JDB") -> str:
    """Return a [[unit]] of units.toml."""
    return (
        f'[[unit]]\ncode = "{code}"\nname = "{name}"\nkind = "{kind}"\nparent = "{parent}"\narea = "{area}"\n'
    )


def _write_duty_example(code: str, name: str) -> str:
    """Return an example of a rule for a department that leads nothing yet, commented out."""
    return f'\n# 例：{name}主办的大类。\n#[[duty]]\n#kind = "MATTER"\n#majors = ["08"]\n#lead = "{code}"\n'
