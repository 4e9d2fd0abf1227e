"""Read the texts of reports: files of the folder `reports` of a pack."""

from django.utils.translation import gettext as _

from jiedao.kernel.packs.pack import Pack
from jiedao.reports.pack.tables import FOLDER, LONGEST


def read_text(pack: Pack, name: str) -> str:
    """Return the text of a file; raise ValueError, in words, where it is missing or cannot be a report."""
    words = {"file": f"{FOLDER}/{name}", "name": name, "folder": FOLDER, "most": LONGEST}
    if "/" in name or "\\" in name or name.startswith("."):
        raise ValueError(_("%(name)s 不是文件夹 %(folder)s 里的文件名") % words)
    path = pack.folder / FOLDER / name
    if not path.is_file():
        raise ValueError(_("没有文件 %(file)s") % words)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(_("%(file)s 不是 UTF-8 编码") % words) from None
    if len(text) > LONGEST:
        raise ValueError(_("%(file)s 超过 %(most)d 个字") % words)
    return text.replace("\r\n", "\n")
