"""The lines of the table that a run prints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One measurement; `met` is None if there is no target."""

    label: str
    result: str
    ratio: str = ""
    target: str = ""
    met: bool | None = None


def format_table(lines: list[Line]) -> str:
    """Return the lines as a Markdown table."""
    marks = {True: "yes", False: "**no**", None: ""}
    rows = [
        ("measurement", "result", "ratio", "target", "met"),
        ("---",) * 5,
        *((line.label, line.result, line.ratio, line.target, marks[line.met]) for line in lines),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
