"""File names that are safe to store, to show and to send."""

import re
import unicodedata

MAX_LENGTH = 120
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')


def clean_name(name: str, extension: str, fallback: str) -> str:
    """Return the last part of the name with the extension of its content, at most 120 characters.

    Folders, control characters and characters that reverse the reading direction are removed ("evil\\u202egpj.exe"
    would look like a picture). An empty name is replaced by the fallback.
    """
    base_name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(
        character
        for character in base_name
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    stem, dot, tail = _FORBIDDEN.sub("_", visible).rpartition(".")
    stem = (stem if dot else tail).strip(" .")
    return f"{(stem or fallback)[: MAX_LENGTH - len(extension)].rstrip(' .')}{extension}"
