"""Read the texts of reports: files of the folder `reports` of a pack."""

from jiedao.kernel.packs.pack import Pack
from jiedao.reports.pack.tables import FOLDER, LONGEST


def read_text(pack: Pack, name: str) -> str:
    """Return the text of a file; raise ValueError in English where it is missing or cannot be a report."""
    if "/" in name or "\\" in name or name.startswith("."):
        raise ValueError(f"{name} is no name of a file in the folder {FOLDER}")
    path = pack.folder / FOLDER / name
    if not path.is_file():
        raise ValueError(f"there is no file {FOLDER}/{name}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{FOLDER}/{name} is not UTF-8") from None
    if len(text) > LONGEST:
        raise ValueError(f"{FOLDER}/{name} has more than {LONGEST} characters")
    return text.replace("\r\n", "\n")
