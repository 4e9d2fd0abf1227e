"""The demonstration records in the repository are those that their script makes."""

from pathlib import Path

from tools.make_buji_registers import FOLDER, make_registers


def test_the_files_are_what_their_script_makes(tmp_path: Path) -> None:
    assert make_registers(tmp_path) > 6000
    for path in sorted(tmp_path.iterdir()):
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name
    assert len(list(tmp_path.iterdir())) == len(list(FOLDER.iterdir()))
