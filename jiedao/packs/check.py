"""Check a complete pack, as `jiedao pack check` does."""

from pathlib import Path

from django.utils.translation import override

from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack, load_pack
from jiedao.kernel.packs.parts import list_checks, list_files


def check_pack(folder: Path) -> tuple[Pack, Report]:
    """Read and check a pack; return it with all its faults. Nothing is written, and the database is not queried."""
    report = Report()
    if not folder.is_dir():
        hint = "Name the folder of the pack."
        report.error(str(folder), 0, "missing-file", "there is no such folder", hint)
        return Pack(folder, {}), report
    pack = load_pack(folder, list_files(), report)
    with override("en"):  # expressions word their faults in the reader's language, a pack's are in English
        for check in list_checks():
            check(pack, report)
    return pack, report
