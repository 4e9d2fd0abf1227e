"""Codes that a spreadsheet has damaged."""

import re

_SHORTENED = re.compile(r"[1-9](?:\.\d+)?E\+\d{1,2}", re.IGNORECASE)


def find_lost_code(text: str) -> str:
    """Return a number such as 4.40399E+14, which Excel writes in place of a long code; "" if the text holds none.

    Its last digits are lost. The text may hold several codes with spaces or commas between.
    """
    if "+" not in text:
        return ""
    return next((word for word in re.split(r"[\s,;，；]+", text) if _SHORTENED.fullmatch(word)), "")
