"""Check a complete pack, as `jiedao pack check` does."""

from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.kernel.packs.about import ABOUT_TABLE, FILE, FORMAT
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack, load_pack
from jiedao.kernel.packs.parts import list_checks, list_files
from jiedao.kernel.toml_lines import TomlError, locate_keys, read_toml


def check_pack(folder: Path) -> tuple[Pack, Report]:
    """Read and check a pack; return it with all its faults. Nothing is written, and the database is not queried.

    The faults are worded in the active language.
    A pack of another format has one fault: its files would have a hundred that mean nothing.
    """
    report = Report()
    if not folder.is_dir():
        hint = _("请写数据包所在的文件夹。")
        report.error(str(folder), 0, "missing-file", _("没有这个文件夹"), hint)
        return Pack(folder, {}), report
    if not _has_known_format(folder, report):
        return Pack(folder, {}), report
    pack = load_pack(folder, list_files(), report)
    for check in list_checks():
        check(pack, report)
    return pack, report


def _has_known_format(folder: Path, report: Report) -> bool:
    """Report a pack of another format; a file that cannot be read or states none is left to the reading of the pack."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8-sig")
        table = read_toml(text).get(ABOUT_TABLE)
    except (OSError, UnicodeDecodeError, TomlError):
        return True
    number = table.get("format") if isinstance(table, dict) else None
    if not isinstance(number, int) or number == FORMAT:
        return True
    hint = _("写 %(write)s") % {"write": f"format = {FORMAT}"}
    if number > FORMAT:
        hint = _("请安装与它配套的新版本：docs/how-to/upgrade.md。")
    line = locate_keys(text).get((ABOUT_TABLE, "format"), (1, 1))[0]
    message = _("数据包的格式是 %(number)d，本系统读的是格式 %(known)d")
    message %= {"number": number, "known": FORMAT}
    report.unreadable(FILE, line, "other-format", message, hint)
    return False
