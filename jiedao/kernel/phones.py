"""Phone numbers as people write them, read into one canonical form, so that equal numbers can be found.

A mainland mobile number is its 11 digits, a fixed line "0755-28123456" or, with an extension, "0755-28123456-801", a
line without an area code its 7 or 8 digits, a service number (12345, 95588, 400 820 8820) its digits, and a number
of another country "+85223456789". Several numbers in one text are joined with "、".
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

SEPARATOR = "、"
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
# Two-digit area codes begin with 01 or 02, all others have three digits after the 0; a local number begins with 2-8.
_FIXED = re.compile(r"(0(?:10|2\d|[3-9]\d\d))([2-8]\d{6,7})", re.ASCII)
_LOCAL = re.compile(r"[2-8]\d{6,7}", re.ASCII)
_SERVICE = re.compile(r"11[0249]|120|122|1[0-2]\d{3}|9[56]\d{3,6}|[48]00\d{7}", re.ASCII)
_FOREIGN = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_COUNTRY = re.compile(r"(?:\+|00)86|86(?=1[3-9]\d{9}$|0)", re.ASCII)
_EXTENSION = re.compile(r"(?:转|轉|分机号?|ext\.?|x|#|-)[:\s]*(\d{1,6})$", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(
    r"^(?:联系电话|联系方式|手机号码?|电话号码?|手机|电话|座机|固话|固定电话|tel|phone|mobile)[.:\s]*",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[、,，;；/／|｜\n\r\t]+|(?<=\d)\s*(?:或者?|和|及)\s*(?=[\d+(])")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－﹣─～~", "-"))


@dataclass(frozen=True)
class PhoneReading:
    """What a text of phone numbers holds: `numbers` in canonical form, and the parts that cannot be a number."""

    numbers: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        """The numbers as one text, "" where there are none."""
        return SEPARATOR.join(self.numbers)


def read_phones(text: str, *, area_code: str = "") -> PhoneReading:
    """Read every number of a text; full-width digits, spaces, hyphens, brackets, labels and +86 make no difference.

    Args:
        area_code: the area code of the town, such as "0755", which completes a fixed line written without one.
    """
    if _MOBILE.fullmatch(text):  # nearly every number that comes in
        return PhoneReading((text,))
    numbers: dict[str, None] = {}
    faults: list[str] = []
    for part in _list_parts(text):
        part_numbers = _read_part(part, area_code)
        if part_numbers:
            numbers.update(dict.fromkeys(part_numbers))
        else:
            faults.append(part)
    return PhoneReading(tuple(numbers), tuple(faults))


def read_phone(text: str, *, area_code: str = "") -> str:
    """Return the canonical form of a text that is one number, "" where it cannot be a number."""
    plain = _make_plain(text)
    match = _EXTENSION.search(plain)
    if match is not None:
        line = _read_line(plain[: match.start()], area_code)
        if line and not _MOBILE.fullmatch(line) and not line.startswith("+") and len(line) > 6:
            return f"{line}-{match[1]}"
    return _read_line(plain, area_code)


def _make_plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).strip()
    plain = _LABEL.sub("", plain)
    # A number cell of a sheet ends with .0.
    return plain.removesuffix(".0") if plain.removesuffix(".0").isdigit() else plain


def _list_parts(text: str) -> Iterator[str]:
    for part in _SPLIT.split(text):
        if part.strip():
            yield part.strip()


def _read_part(part: str, area_code: str) -> list[str]:
    """Return the numbers of a part: one, or several that only spaces separate; empty where any of it is none."""
    number = read_phone(part, area_code=area_code)
    if number:
        return [number]
    words = [read_phone(word, area_code=area_code) for word in part.split()]
    return words if len(words) > 1 and all(words) else []


def _read_line(text: str, area_code: str) -> str:
    digits = re.sub(r"[\s().·-]", "", text)
    country = _COUNTRY.match(digits)
    if country is not None:
        digits = digits[country.end() :]
    elif digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if _MOBILE.fullmatch(digits.removeprefix("0")):
        return digits.removeprefix("0")
    if _SERVICE.fullmatch(digits):
        return digits
    # An area code loses its 0 behind +86.
    fixed = _FIXED.fullmatch(digits) or (_FIXED.fullmatch(f"0{digits}") if country is not None else None)
    if fixed is not None:
        return f"{fixed[1]}-{fixed[2]}"
    if _LOCAL.fullmatch(digits):
        return f"{area_code}-{digits}" if area_code else digits
    return digits if _FOREIGN.fullmatch(digits) else ""


def build_phone_patterns(canonical: str) -> list[str]:
    """Return patterns that find the numbers of a canonical text however a person grouped their digits."""
    patterns = []
    for number in canonical.split(SEPARATOR):
        parts = number.split("-")
        digits = "".join(parts[:2]) if len(parts) > 1 and parts[0].startswith("0") else parts[0]
        local = parts[1] if len(parts) > 1 and parts[0].startswith("0") else ""
        patterns += [r"[\s()（）-]*".join(map(re.escape, text)) for text in (digits, local) if len(text) >= 7]
    return patterns
