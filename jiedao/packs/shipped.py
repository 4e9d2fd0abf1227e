"""The packs that are shipped with the program: in the checkout in `packs/`, in an installed wheel beside this file."""

from pathlib import Path
from typing import Any

import click
from django.conf import settings

from jiedao.packs.archives import open_pack_archive

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
    """The folder of a pack, a .zip file of one, or the name of a shipped one, as an argument or option.

    A .zip file is unpacked until the command ends; `describe_pack` returns the path that the user wrote.
    """

    name = "pack"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the folder; refuse what is neither a folder, a .zip file nor a name, listing the names."""
        folder = find_pack(str(value))
        if folder.is_file() and ctx is not None:
            opened: Path = ctx.with_resource(open_pack_archive(folder, needs_pack_file=False))
            ctx.meta[f"{__name__}.{opened}"] = str(value)
            return opened
        if not folder.is_dir():
            names = ", ".join(list_shipped_packs()) or "none"
            self.fail(
                f"there is no folder or .zip file {str(value)!r}; packs shipped with jiedao: {names}",
                param,
                ctx,
            )
        return folder


def describe_pack(folder: Path) -> str:
    """Return the path by which the user named the pack of a command."""
    return str(click.get_current_context().meta.get(f"{__name__}.{folder}", folder))
