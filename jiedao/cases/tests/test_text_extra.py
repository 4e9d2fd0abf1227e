"""Without the packages of the extra `text`, hot matters and training are refused in words; suggestion works."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from jiedao.cases.commands import hotspots, suggest_group
from jiedao.cases.text import extra
from jiedao.kernel.errors import UserError

# A process in which the packages cannot be imported, as where they are not installed.
WITHOUT = """
import sys
for name in ("scipy", "sklearn"):
    sys.modules[name] = None
import django
django.setup()
from jiedao.cases import commands, suggesting
from jiedao.cases.selectors import duplicates
from jiedao.cases.text.classifier import Model
from jiedao.cases.text.keywords import KeywordSuggester
suggester = KeywordSuggester([("1", ["路灯"]), ("2", ["垃圾"])])
print(suggester.suggest("路灯不亮", "巷口的路灯坏了", top=1)[0].label)
"""


def test_with_the_packages_nothing_is_refused() -> None:
    extra.require_text_extra()


@pytest.mark.django_db  # a command that another test has run checks the key first
@pytest.mark.parametrize("missing", ["scipy", "sklearn"])
def test_without_a_package_the_commands_state_what_to_install(
    missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = tmp_path / "a.csv"
    table.write_text("subject,detail,label\n路灯,坏了,路灯\n垃圾,很多,垃圾\n", encoding="utf-8")
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == missing else find_spec(name))
    for command, arguments in (
        (hotspots, ["--from", "2020-01-01", "--to", "2020-01-31"]),
        (suggest_group, ["train", str(table)]),
        (suggest_group, ["eval", str(table)]),
    ):
        fault = CliRunner().invoke(command, arguments).exception
        assert isinstance(fault, UserError)
        assert missing in str(fault)
        assert "jiedao[text]" in str(fault)


def test_without_the_packages_keywords_suggest_and_duplicates_are_found() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
