"""Check the documents for dead links, and the glossary for its form.

Links are checked inside the repository only. `docs/glossary.md` is one table zh | en | meaning in which no
Chinese term and no English term appears twice.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SKIPPED = {".venv", "node_modules", "data", ".git"}


def list_documents() -> list[Path]:
    """Return every Markdown file of the repository that is ours."""
    paths = sorted(ROOT.rglob("*.md"))
    return [
        path
        for path in paths
        if not SKIPPED & set(path.relative_to(ROOT).parts) and "vendor" not in path.parts
    ]


def find_anchors(text: str) -> set[str]:
    """Return the anchors of the headings of a Markdown page."""
    titles = re.findall(r"^#+\s+(.+?)\s*$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def find_dead_links(path: Path) -> Iterator[str]:
    """Yield the links of a page whose file or heading does not exist."""
    text = path.read_text(encoding="utf-8")
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            yield f"{path.relative_to(ROOT)}: link to {target}: there is no such file"
        elif anchor and file.suffix == ".md" and anchor not in find_anchors(file.read_text(encoding="utf-8")):
            yield f"{path.relative_to(ROOT)}: link to {target}: there is no such heading"


def find_glossary_faults(path: Path) -> Iterator[str]:
    """Yield the faults of the glossary's table."""
    if not path.exists():
        yield f"{path.relative_to(ROOT)} is missing"
        return
    line_numbers: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("|") or set(line) <= set("|-: "):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        where = f"{path.relative_to(ROOT)}:{number}"
        if len(cells) != 3 or not all(cells):
            yield f"{where}: write three filled cells: zh | en | meaning"
            continue
        if cells[:2] == ["zh", "en"]:
            continue
        for term in cells[:2]:
            if term in line_numbers:
                yield f"{where}: {term!r} is already in line {line_numbers[term]}"
            line_numbers.setdefault(term, number)


def main() -> int:
    """Print every fault; return 1 if there is one."""
    faults = [fault for path in list_documents() for fault in find_dead_links(path)]
    faults += find_glossary_faults(ROOT / "docs/glossary.md")
    print("\n".join(faults) if faults else "documents in order")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
