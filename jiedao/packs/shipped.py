"""The packs that are shipped with the program: in the checkout in `packs/`, in an installed wheel beside this file."""

from pathlib import Path
from typing import Any

import click
from django.conf import settings

# The wheel's copy comes first: beside an installed package there may be a folder `packs` of another program.
PLACES = (Path(__file__).with_name("shipped"), Path(settings.BASE_DIR).parent / "packs")


def list_shipped_packs() -> dict[str, Path]:
    """Return the folder of each shipped pack by its name."""
    place = next((place for place in PLACES if place.is_dir()), None)
    if place is None:
        return {}
    return {folder.name: folder for folder in sorted(place.iterdir()) if (folder / "pack.toml").is_file()}


def find_pack(text: str) -> Path:
    """Return the folder of a pack, given by its path or by the name of a shipped pack.

    A folder of that name wins; a path to nothing is returned as it is.
    """
    path = Path(text)
    return path if path.is_dir() else list_shipped_packs().get(text, path)


class PackFolder(click.ParamType[Path]):
    """The folder of a pack, or the name of a shipped one, as an argument or option."""

    name = "pack"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the folder; refuse what is neither a folder nor a name, listing the names."""
        folder = find_pack(str(value))
        if not folder.is_dir():
            names = ", ".join(list_shipped_packs()) or "none"
            self.fail(f"there is no folder {str(value)!r}; packs shipped with jiedao: {names}", param, ctx)
        return folder
