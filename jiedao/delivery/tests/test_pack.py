"""A pack states defaults, quiet hours and urgent kinds, and a wrong file is refused with its lines."""

from pathlib import Path

from jiedao.delivery.pack.checks import check_delivery
from jiedao.delivery.pack.tables import FILES
from jiedao.delivery.policies import DEFAULT_SENDS, read_hours, read_sends, read_urgent
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack, load_pack
from jiedao.orgs.pack.tables import FILES as OFFICE_FILES

POSTS = '[[role]]\nkey = "LEAD"\ntitle = "负责人"\nscope = "UNIT"\npermissions = []\n'


def load(folder: Path, text: str) -> tuple[Pack, Report]:
    (folder / "delivery.toml").write_text(text, encoding="utf-8")
    (folder / "posts.toml").write_text(POSTS, encoding="utf-8")
    (folder / "units.toml").write_text("", encoding="utf-8")
    report = Report()
    pack = load_pack(folder, [*FILES, *OFFICE_FILES], report)
    report.errors.clear()
    check_delivery(pack, report)
    return pack, report


def test_a_pack_sets_hours_urgent_kinds_and_defaults_of_roles(tmp_path: Path) -> None:
    text = (
        '[hours]\nquiet_from = "21:30"\nurgent = ["cases.case:overdue"]\n'
        '[[send]]\nroles = ["LEAD"]\ngroups = ["URGE"]\nchannels = ["SMS", "DIGEST"]\n'
    )
    pack, report = load(tmp_path, text)
    assert report.errors == []
    assert read_hours(pack) == {"quiet_from": "21:30", "quiet_to": "07:00", "digest_hour": 8}
    assert read_urgent(pack) == ["cases.case:overdue"]
    assert read_sends(pack) == [{"roles": ["LEAD"], "groups": ["URGE"], "channels": ["SMS", "DIGEST"]}]


def test_a_pack_without_the_file_has_the_defaults(tmp_path: Path) -> None:
    pack, _report = load(tmp_path, "")
    assert read_sends(pack) == DEFAULT_SENDS


def test_wrong_times_kinds_roles_groups_and_channels_are_named_with_their_lines(tmp_path: Path) -> None:
    text = (
        '[hours]\nquiet_from = "25:00"\nurgent = ["cases.case:overdeu"]\n'
        '[[send]]\nroles = ["LEED"]\ngroups = ["URGENT"]\nchannels = ["FAX"]\n'
    )
    _pack, report = load(tmp_path, text)
    assert [(fault.line, fault.code) for fault in sorted(report.errors)] == [
        (2, "bad-value"),
        (3, "dangling"),
        (5, "dangling"),
        (6, "dangling"),
        (7, "dangling"),
    ]
    assert "cases.case:overdue" in next(fault.hint for fault in report.errors if fault.line == 3)
