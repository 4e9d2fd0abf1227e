"""Make the pack of a district from its names, as `jiedao pack new --level district` does.

A district has its sub-districts as areas, a command centre, and one unit for each sub-district office. Files that name
them are templates in the folder `template_district`; the others are those of the shipped pack `minimal`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from jiedao.kernel.errors import UserError
from jiedao.packs.founding import list_minimal_files, read_coded, read_name, write_rows, write_unit

TEMPLATE = Path(__file__).with_name("template_district")
SHARED = (
    "calendar.toml",
    "categories.csv",
    "delivery.toml",
    "keywords.toml",
    "phrases.toml",
    "reasons.toml",
    "rules.toml",
    "synonyms.toml",
)


@dataclass(frozen=True)
class DistrictNames:
    """What `pack new --level district` asks for.

    Attributes:
        code: the 6 digits of the district.
        offices: the sub-districts in order, NAME or "014=NAME" with the last three digits of the code.
    """

    district: str = "示例区"
    code: str = "999901"
    offices: tuple[str, ...] = ("示例街道", "新桥街道")


def make_district_files(names: DistrictNames) -> dict[str, bytes]:
    """Return the content of each file of the pack, by its name in the pack; raise UserError for unsound names."""
    values = _make_values(names)
    contents = {name: path.read_bytes() for name, path in list_minimal_files().items() if name in SHARED}
    for path in sorted(TEMPLATE.iterdir()):
        contents[path.name] = Template(path.read_text(encoding="utf-8")).substitute(values).encode()
    return contents


def read_district_code(text: str) -> str:
    """Return the 6-digit code of a district; the national 12-digit form ends with 000000."""
    digits = text.strip()
    if re.fullmatch(r"[0-9]{6}000000", digits, re.ASCII):
        digits = digits[:6]
    if not re.fullmatch(r"[0-9]{6}", digits, re.ASCII):
        raise UserError(f"{text!r} 不是区的代码。", hint="区的代码是 6 位数字，例如 440307。")
    return digits


def read_offices(texts: Sequence[str], code: str = "") -> dict[str, str]:
    """Return the names of sub-districts by the last three digits of their codes, which are 001, 002, … by default."""

    def read_step(text: str) -> str:
        step = text[-3:] if len(text) == 9 and text.startswith(code) else text
        if not re.fullmatch(r"[0-9]{3}", step, re.ASCII) or step == "000":
            raise UserError(
                f"{text!r} 不是街道的代码。", hint="请写街道 9 位代码的末三位，例如 014=布吉街道。"
            )
        return step

    return read_coded(texts, read_step, lambda number: f"{number:03d}", "街道")


def _make_values(names: DistrictNames) -> dict[str, str]:
    code, district = read_district_code(names.code), read_name(names.district)
    offices = read_offices(names.offices, code)
    first = next(iter(offices))
    return {
        "district": district,
        "code": code,
        "areas": write_rows(
            [(code, district, ""), *((f"{code}{step}", name, "") for step, name in offices.items())]
        ),
        "units": "\n".join(
            write_unit(f"J{step}", f"{name}办事处", "OFFICE", f"{code}{step}", parent="QU")
            for step, name in offices.items()
        ),
        "duties": "\n".join(_write_duty(code, step, name) for step, name in offices.items()),
        "first": f"{code}{first}",
        "first_unit": f"J{first}",
    }


def _write_duty(code: str, step: str, name: str) -> str:
    return f'# {name}\n[[duty]]\nareas = ["{code}{step}"]\nlead = "J{step}"\n'
