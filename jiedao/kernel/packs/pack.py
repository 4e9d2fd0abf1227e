"""A pack in memory: each value is checked against its column, but rows are not yet checked against each other."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.kernel.nearest import find_nearest
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.reading import read_file
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.tables import FileSpec
from jiedao.kernel.packs.values import RowCleaner
from jiedao.kernel.phrasing import list_choices

ABOUT = ("pack.toml", "pack")  # the file and the table that describe the pack itself
IGNORED_FILES = {"README.md", "README.zh.md", "LICENSE"}
SHORT_NAME = 4  # letters of a file's name of which only one may be wrong to be recognised

Tables = dict[tuple[str, str], list[Row]]  # by file and table


class Pack:
    """The rows of a pack by file and table. Each row knows its lines, so that later checks can report them."""

    def __init__(self, folder: Path, tables: Tables) -> None:
        self.folder = folder
        self.tables = tables

    def rows(self, file: str, table: str = "") -> list[Row]:
        """Return the rows of a table, in the order of the file."""
        return self.tables.get((file, table), [])

    def single(self, file: str, table: str) -> Values:
        """Return the values of a table that has at most one row, empty when it is missing."""
        rows = self.rows(file, table)
        return rows[0].values if rows else {}

    def by_key(self, file: str, table: str = "", key: str = "code") -> dict[str, Row]:
        """Return the rows by the value of a column; of rows with the same value, the first."""
        rows: dict[str, Row] = {}
        for row in self.rows(file, table):
            if key in row.values:
                rows.setdefault(row.values[key], row)
        return rows

    def files(self, folder: str) -> list[str]:
        """Return the files of a folder of the pack, such as "registers", that could be read, by name."""
        return sorted({file for file, _table in self.tables if file.startswith(f"{folder}/")})

    @property
    def about(self) -> Values:
        """The description of the pack: its name, version and town, and whether its data is invented."""
        return self.single(*ABOUT)

    @property
    def town(self) -> str:
        """The code of the sub-district."""
        return str(self.about.get("town", ""))


def load_pack(folder: Path, specs: Iterable[FileSpec], report: Report) -> Pack:
    """Read every file of the folder; faults of files, syntax, keys and single values go into the report."""
    specs = list(specs)
    names = [spec.name for spec in specs if not spec.is_folder]
    tables: Tables = {}
    for spec in specs:
        if spec.is_folder:
            tables |= _load_folder(folder, spec, report)
        elif (folder / spec.name).is_file():
            tables |= _load_file(folder / spec.name, spec, report)
        elif spec.required:
            hint = suggest_renaming(folder, spec.name, names) or _(
                "它要写什么，见 docs/reference/pack-format.md。"
            )
            report.unreadable(spec.name, 0, "missing-file", _("缺少这个文件"), hint)
    folders = [spec.name.partition("/")[0] for spec in specs if spec.is_folder]
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in IGNORED_FILES:
            continue
        if path.is_dir():
            _check_unread(path.name, folders, report, _("没有读取这个文件夹"))
        elif path.name not in names and not _check_unread(path.name, names, report, _("没有读取这个文件")):
            hint = did_you_mean(path.name, names, noun=_("数据包里可以有"))
            report.warn(path.name, 0, "unknown-file", _("没有读取这个文件"), hint)
    return Pack(folder, tables)


def _check_unread(name: str, known: list[str], report: Report, message: str) -> bool:
    """Report a name that can only be a misspelt one: a town without its calendar or registers would pass unnoticed."""
    from rapidfuzz.distance import OSA  # noqa: PLC0415 (only a faulty pack needs it)

    stem, suffix = Path(name).stem.casefold(), Path(name).suffix.casefold()
    for other in known if name not in known else ():
        most = 2 if len(stem) > SHORT_NAME else 1
        distance = OSA.distance(stem, Path(other).stem.casefold(), score_cutoff=most)
        if suffix == Path(other).suffix and distance <= most:
            hint = _("改名为 %(name)s，或者从数据包里移走。")
            report.error(name, 0, "unknown-file", message, hint % {"name": other})
            return True
    return False


def _load_folder(folder: Path, spec: FileSpec, report: Report) -> Tables:
    tables: Tables = {}
    for path in sorted((folder / spec.name).parent.glob("*")):
        name = f"{path.parent.name}/{path.name}"
        if path.is_file() and path.match(spec.name):
            tables |= _load_file(path, replace(spec, name=name), report)
        elif not path.name.startswith("."):
            hint = _("这里只读 %(name)s。") % {"name": spec.name}
            report.warn(name, 0, "unknown-file", _("没有读取这个文件"), hint)
    return tables


def _load_file(path: Path, spec: FileSpec, report: Report) -> Tables:
    tables: Tables = {}
    for name, rows in read_file(path, spec, report).items():
        cleaner = RowCleaner(spec.tables[name], report)
        tables[spec.name, name] = [cleaner.clean(row) for row in rows]
    return tables


def suggest_renaming(folder: Path, name: str, known: Collection[str]) -> str:
    """Return a hint at the file of the folder that may be the missing one under another name, "" for none."""
    others = sorted(path.name for path in folder.iterdir() if path.name not in known)
    nearest = find_nearest(name, others)
    return _("是不是要把 %(names)s 改名？") % {"names": list_choices(nearest)} if nearest else ""
