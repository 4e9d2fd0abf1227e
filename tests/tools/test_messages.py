"""The check of the catalogues reports missing and wrong translations."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import messages


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package in which tests write rooms."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "PACKAGE", tmp_path / "jiedao")
    return tmp_path / "jiedao"


def write_room(package: Path, name: str, code: str = "", template: str = "", po: str = "") -> None:
    """Write a room with one module, one template and an English catalogue."""
    (package / name / "templates" / name).mkdir(parents=True)
    (package / name / "__init__.py").write_text(code, encoding="utf-8")
    (package / name / "templates" / name / "page.html").write_text(template, encoding="utf-8")
    if po:
        path = package / name / messages.CATALOGUE
        path.parent.mkdir(parents=True)
        path.write_text(f"{messages.HEADER}\n{po}", encoding="utf-8")


def list_faults() -> list[str]:
    return list(messages.find_faults(messages.read_rooms()))


def test_a_text_of_code_without_translation_is_found(package: Path) -> None:
    write_room(package, "cases", code='from x import gettext as _\nA = _("派遣")\n')
    assert list_faults() == [
        "jiedao/cases/__init__.py:2: missing from jiedao/cases/locale/en/LC_MESSAGES/django.po: '派遣'"
    ]


def test_texts_of_templates_are_found_whatever_their_indentation(package: Path) -> None:
    page = """<div>
        <p>{% translate "案件" %}</p>
    <p>it's {{ x|default:_("无") }}</p>
  {% blocktranslate count n=n %}{{ n }} 件{% plural %}{{ n }} 件{% endblocktranslate %}
    {% translate "报告" context "动词" %}</div>"""
    write_room(package, "desk", template=page)
    keys = set(messages.read_rooms()[0].texts)
    assert keys == {("", "案件", ""), ("", "无", ""), ("", "%(n)s 件", "%(n)s 件"), ("动词", "报告", "")}


def test_a_complete_catalogue_has_no_fault(package: Path) -> None:
    write_room(package, "cases", code='_("派遣")', po='msgid "派遣"\nmsgstr "Dispatch"\n')
    assert list_faults() == []


@pytest.mark.parametrize(
    ("code", "po", "fault"),
    [
        ('_("派遣")', 'msgid "派遣"\nmsgstr ""\n', "empty"),
        ('_("派遣")', '#, fuzzy\nmsgid "派遣"\nmsgstr "Send"\n', "fuzzy"),
        ('_("派遣")', 'msgid "派遣"\nmsgstr "Dispatch"\n\nmsgid "旧"\nmsgstr "Old"\n', "no longer used"),
        ('_("%(n)s 件")', 'msgid "%(n)s 件"\nmsgstr "%(m)s cases"\n', "placeholders differ"),
        ('_("{n} 件")', 'msgid "{n} 件"\nmsgstr "cases"\n', "placeholders differ"),
        ('_("请看,再做")', 'msgid "请看,再做"\nmsgstr "Look, then act"\n', "full-width"),
        ('_("Dispatch")', 'msgid "Dispatch"\nmsgstr "Dispatch"\n', "write the source text in Chinese"),
    ],
)
def test_each_fault_is_reported(package: Path, code: str, po: str, fault: str) -> None:
    write_room(package, "cases", code=code, po=po)
    assert [fault in line for line in list_faults()] == [True]


def test_abbreviations_need_no_chinese(package: Path) -> None:
    write_room(
        package,
        "cases",
        code='_("GCJ-02 %(name)s")',
        po='msgid "GCJ-02 %(name)s"\nmsgstr "GCJ-02 %(name)s"\n',
    )
    assert list_faults() == []


def test_the_singular_may_leave_the_number_out(package: Path) -> None:
    po = 'msgid "%(n)s 件"\nmsgid_plural "%(n)s 件"\nmsgstr[0] "one case"\nmsgstr[1] "%(n)s cases"\n'
    write_room(package, "cases", code='ngettext("%(n)s 件", "%(n)s 件", n)', po=po)
    assert list_faults() == []


def test_two_rooms_must_agree_on_a_translation(package: Path) -> None:
    write_room(package, "audit", code='_("退回")', po='msgid "退回"\nmsgstr "Return"\n')
    write_room(package, "cases", code='_("退回")', po='msgid "退回"\nmsgstr "Send back"\n')
    assert ["agree, or give one a context" in line for line in list_faults()] == [True]


def test_update_adds_drops_and_takes_over(package: Path) -> None:
    write_room(package, "audit", code='_("退回")', po='msgid "退回"\nmsgstr "Return"\n')
    write_room(package, "cases", code='_("退回"), _("新")', po='msgid "旧"\nmsgstr "Old"\n')
    messages.update_catalogues(messages.read_rooms())
    catalogue: Catalog = messages.read_rooms()[1].catalogue
    assert {entry.id: entry.string for entry in catalogue if entry.id} == {"退回": "Return", "新": ""}


def test_update_leaves_a_complete_catalogue_as_it_is(package: Path) -> None:
    write_room(package, "cases", code='_("派遣")', po='# why\nmsgid "派遣"\nmsgstr "Dispatch"\n')
    before = (package / "cases" / messages.CATALOGUE).read_text(encoding="utf-8")
    messages.update_catalogues(messages.read_rooms())
    assert (package / "cases" / messages.CATALOGUE).read_text(encoding="utf-8") == before
