"""Check a complete pack, as `jiedao pack check` does."""

from pathlib import Path

from django.utils.translation import override

from jiedao.kernel.packs.about import ABOUT_TABLE, FILE, FORMAT
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack, load_pack
from jiedao.kernel.packs.parts import list_checks, list_files
from jiedao.kernel.toml_lines import TomlError, locate_keys, read_toml


def check_pack(folder: Path) -> tuple[Pack, Report]:
    """Read and check a pack; return it with all its faults. Nothing is written, and the database is not queried.

    A pack of another format has one fault: its files would have a hundred that mean nothing.
    """
    report = Report()
    if not folder.is_dir():
        hint = "Name the folder of the pack."
        report.error(str(folder), 0, "missing-file", "there is no such folder", hint)
        return Pack(folder, {}), report
    if not _has_known_format(folder, report):
        return Pack(folder, {}), report
    pack = load_pack(folder, list_files(), report)
    with override("en"):  # expressions word their faults in the reader's language, a pack's are in English
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
    newer = "Install the jiedao for which it was made: docs/how-to/upgrade.md."
    hint = newer if number > FORMAT else f"Write format = {FORMAT}."
    line = locate_keys(text).get((ABOUT_TABLE, "format"), (1, 1))[0]
    message = f"a pack of format {number}, and this jiedao reads format {FORMAT}"
    report.unreadable(FILE, line, "other-format", message, hint)
    return False
