"""The steps of the tutorial of a register work as written: declare, import, inspect."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jiedao.cases.models import Case
from jiedao.cli import group
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.inspections import Answer, InspectionInput, make_inspection
from jiedao.registers.catalogue import register_info
from jiedao.registers.models import Finding, Record

ROOT = Path(__file__).resolve().parents[2]
COUNTING = (
    "measures.toml",
    "figures.toml",
    "scoresheets.toml",
    "reports*",
    "open_data.toml",
)  # they read the registers that are left out
PAGE = (ROOT / "docs/tutorial/declare-a-register.md").read_text(encoding="utf-8")


def find_example(language: str) -> str:
    """Return the only code block of a language on the page."""
    (example,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(example)


def run(*words: str) -> tuple[int, Any]:
    """Run a command with --json and return its exit code and document."""
    done = CliRunner().invoke(group, [*words, "--json"])
    forget_all()
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.django_db
def test_the_register_of_the_tutorial_is_declared_filled_and_inspected(tmp_path: Path) -> None:
    pack, sheet = tmp_path / "buji", tmp_path / "sheds.csv"
    shutil.copytree(
        ROOT / "packs/buji", pack, ignore=shutil.ignore_patterns("demo", "registers", "pro*.toml", *COUNTING)
    )
    (pack / "registers").mkdir()
    (pack / "registers/charging_sheds.toml").write_text(find_example("toml"), encoding="utf-8")
    assert run("pack", "check", str(pack)) == (0, {"errors": [], "warnings": []})
    code, plan = run("pack", "apply", str(pack), "--yes")
    assert code == 0
    assert [item["key"] for item in plan["items"] if item["kind"] == "register"] == ["charging_sheds"]

    sheet.write_text(find_example("csv").replace(",8,", ",3.6万,"), encoding="utf-8")
    code, account = run("import", "register", "charging_sheds", str(sheet))
    assert (code, account["created"], [error["cell"] for error in account["errors"]]) == (1, 0, ["E4"])
    sheet.write_text(find_example("csv"), encoding="utf-8")
    assert run("import", "register", "charging_sheds", str(sheet), "--dry-run")[1]["created"] == 3
    assert not Record.objects.exists()
    assert run("import", "register", "charging_sheds", str(sheet))[1]["created"] == 3
    assert run("import", "register", "charging_sheds", str(sheet))[1]["existing"] == 3
    shed = Record.objects.get(code="CD-001")
    assert (shed.grade, shed.grade_note["why"]) == ("C", ["30个以上充电位，没有喷淋"])

    answers = {"extinguisher": Answer("OK"), "clear": Answer("FAIL", "堆放纸箱")}
    make_inspection(
        actor=make_system_actor(), data=InspectionInput(record_id=shed.pk, checklist="fire", answers=answers)
    )
    finding, case = Finding.objects.get(), Case.objects.get()
    assert (finding.record_id, finding.case_id, finding.state) == (shed.pk, case.pk, "OPEN")
    info = register_info("charging_sheds")
    assert info is not None
    assert case.category is not None
    assert f"{case.category.kind} {case.category.code}" == info.definition.checklists[0].items[1].category
