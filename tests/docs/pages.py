"""Follow a how-to as it is written: its commands are run in a folder that takes the place of the file system."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
PLACES = ("/etc/jiedao", "/var/lib/jiedao", "/backups", "/opt/jiedao", "/usr/local/bin", "/tmp/rehearsal")


@dataclass(frozen=True)
class Page:
    """A page of docs/how-to with its blocks of code."""

    name: str

    @property
    def text(self) -> str:
        """Return the text of the page."""
        return (ROOT / "docs/how-to" / f"{self.name}.md").read_text(encoding="utf-8")

    def find_blocks(self, language: str) -> list[str]:
        """Return the blocks of a language, without the indentation of a list."""
        return [
            re.sub(f"^{indent}", "", block, flags=re.MULTILINE)
            for indent, kind, block in FENCE.findall(self.text)
            if kind == language
        ]

    def find_commands(self) -> list[str]:
        """Return the commands of the page in order; a loop of several lines is one command."""
        commands: list[str] = []
        for block in self.find_blocks("sh"):
            pending = ""
            for line in block.splitlines():
                pending += f"{line}\n"
                if not line.endswith("\\") and _is_complete(pending):
                    commands.append(pending.strip())
                    pending = ""
            assert not pending.strip(), f"{self.name}: not a complete command: {pending}"
        return [command for command in commands if command and not command.startswith("#")]


def _is_complete(text: str) -> bool:
    done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, check=False)
    return done.returncode == 0


@dataclass
class Follower:
    """Runs the commands of a page.

    Attributes:
        root: the folder below which the places of the page are.
        variables: the environment of the commands.
        skipped: the reason for each command that is not run, by its beginning.
        written: what takes the place of words of the page, such as the name of a file of one's own.
        seconds: that all commands together may take.
    """

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 600

    def place(self, text: str) -> str:
        """Return the text with the places of the file system below the root."""
        for old, new in self.written.items():
            text = text.replace(old, new)
        for place in PLACES:
            text = re.sub(rf"(?<![\w.]){re.escape(place)}\b", f"{self.root}{place}", text)
        return re.sub(r" -o \w+ -g \w+", "", text)

    def follow(self, page: Page, stdin: str = "") -> str:
        """Run the commands in one shell, as a reader would; return what they printed.

        Every command is run or has a reason why not, and every reason belongs to a command.
        """
        commands = page.find_commands()
        assert commands, f"{page.name} has no commands"
        unused = [start for start in self.skipped if not any(line.startswith(start) for line in commands)]
        assert not unused, f"{page.name} has no such commands any more: {unused}"
        chosen = [line for line in commands if not any(line.startswith(start) for start in self.skipped)]
        script = "set -euo pipefail\n" + "\n".join(
            f"echo '@@ {number}' >&2\n{self.place(command)}" for number, command in enumerate(chosen)
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.root,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=self.seconds,
        )
        last = re.findall(r"@@ (\d+)", done.stderr)
        failed = chosen[int(last[-1])] if last else chosen[0]
        assert done.returncode == 0, f"{page.name}: {failed}\n{done.stderr[-3000:]}{done.stdout[-1000:]}"
        return done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of the commands: ours without settings of jiedao, and those of the follower."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("JIEDAO_")}
        path = f"{self.root}/usr/local/bin:{ROOT}/.venv/bin:{os.environ['PATH']}"
        return {**inherited, "PATH": path, **self.variables}
