"""File names that are safe to keep, to show and to send."""

import re
import unicodedata

LONGEST = 120
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')


def clean_name(name: str, extension: str, fallback: str) -> str:
    """Return the last part of the name with the extension that its content has.

    Folders, control signs and signs that turn the reading direction are dropped ("evil\\u202egpj.exe" would
    read as a picture). An empty name becomes the fallback. At most 120 characters.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(
        sign for sign in last if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    stem, dot, _old = _FORBIDDEN.sub("_", visible).rpartition(".")
    stem = (stem if dot else _old).strip(" .")
    return f"{(stem or fallback)[: LONGEST - len(extension)].rstrip(' .')}{extension}"
