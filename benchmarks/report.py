"""Lines of the table that a run prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One measured thing; `met` is None where nothing is aimed at."""

    what: str
    seen: str
    ratio: str = ""
    target: str = ""
    met: bool | None = None


def table(lines: list[Line]) -> str:
    """Return the lines as a Markdown table."""
    marks = {True: "yes", False: "**no**", None: ""}
    rows = [
        ("what", "seen", "ratio", "target", "met"),
        ("---",) * 5,
        *((line.what, line.seen, line.ratio, line.target, marks[line.met]) for line in lines),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
