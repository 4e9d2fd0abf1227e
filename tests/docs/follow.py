"""Follow a page of the documents as it is written: its commands in an empty folder, its additions to files."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEP = re.compile(r"(?:Add to `([^`]+)`:\s*\n\n)?```(\w*)\n(.*?)```", re.DOTALL)


@dataclass
class Follower:
    """A reader with an empty folder and an empty database, who does what a page states.

    Attributes:
        folder: the folder in which the commands run.
        outputs: what each command printed, by the command.
    """

    folder: Path
    outputs: dict[str, str] = field(default_factory=dict)

    def follow(self, page: str) -> None:
        """Run every line of the page's `sh` blocks and make its additions, in the order of the page."""
        text = (ROOT / page).read_text(encoding="utf-8")
        for file, language, content in STEP.findall(text):
            if language == "sh":
                for line in content.splitlines():
                    self.run(line)
            elif file:
                with (self.folder / file).open("a", encoding="utf-8") as target:
                    target.write("\n" + content if language == "toml" else content)

    def run(self, line: str) -> str:
        """Run a line in a shell; fail with its output unless it succeeds."""
        programs = str(Path(sys.executable).parent)
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "JIEDAO_LANG": "en",  # the documents show the messages in English
            "JIEDAO_DATA": str(self.folder / "data"),
        }
        done = subprocess.run(
            line,
            shell=True,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        self.outputs[line] = done.stdout + done.stderr
        return self.outputs[line]
