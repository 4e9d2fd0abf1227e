"""Read minified CSS, drop what a product does not use, and resolve modern colour functions to static values.

Written for the style sheet of Tabler and its habits: balanced braces, no comments inside values, custom properties
on `:root`. Colours are resolved after CSS Color 4 (oklab matrices by Björn Ottosson).
"""

import math
import re
from collections.abc import Iterator

MODERN = re.compile(r"color-mix\(|light-dark\(|oklch\(")
UNUSED = re.compile(
    r"\.(navbar|page(?!-link|-item)|offcanvas|carousel|ribbon|otp|signature|calendar|datagrid|sparkline|sortable|"
    r"accordion|popover|tooltip|toast|markdown|apexcharts|ts-|tom-|litepicker|fc-|flatpickr|jsvectormap|jvm|plyr|"
    r"star|gl-star|coloris|clr-|noUi|dropzone|dz-|fslightbox|driver|modal|signal|chat|cookie|countup|payment|flag|"
    r"tabler|typed|wysiwyg|hugerte|tox|chart|demo|layout-|timeline|"
    r"steps?[-.:, >]|steps?$|legend|object-|divide-|"
    r"theme-(?!dark)|img-|sidebar|nav-segmented|tracking|strength|iti|social|mask|tag|tags|pricing|sk-|turbo|"
    r"(bg|text|btn|link|border|icon|badge|alert|status|avatar|progress|form|outline|btn-outline|btn-ghost|"
    r"text-bg|bg-gradient|focus-ring|list-group-item|table)"
    r"-?(outline-|ghost-)?(x|facebook|twitter|linkedin|google|youtube|vimeo|dribbble|github|instagram|pinterest|vk|rss|"
    r"flickr|bitbucket|tabler)\b)|data-vc|data-bs-navbar|^:host\b"
)
BRANDS = re.compile(
    r"--tblr-(x|facebook|twitter|linkedin|google|youtube|vimeo|dribbble|github|instagram|pinterest|vk|rss|flickr|"
    r"bitbucket|tabler|carousel)(-[\w-]+)?:[^;]*;?"
)


def split_top(text: str, mark: str) -> list[str]:
    """Split at a mark that is outside every parenthesis, bracket and quote."""
    parts, depth, quote, start = [], 0, "", 0
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == mark and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def split_blocks(css: str) -> Iterator[tuple[str, str]]:
    """Yield (prelude, body) of each block on the top level; statements such as @charset are skipped."""
    index = 0
    while True:
        brace = css.find("{", index)
        if brace < 0:
            return
        depth, end = 1, brace + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        prelude = css[index:brace].strip()
        if ";" in prelude:
            prelude = prelude.rsplit(";", 1)[1]
        yield prelude, css[brace + 1 : end - 1]
        index = end


def trim(css: str) -> str:
    """Return the sheet without the component families that no page here uses."""
    header = css[: css.find("*/") + 2].replace(
        "*/", " * Trimmed to the parts jiedao uses by tools/vendor.py\n */"
    )
    return header + "\n" + _trim(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)) + "\n"


def _trim(css: str) -> str:
    blocks = []
    for prelude, body in split_blocks(css):
        if prelude.startswith(("@media", "@supports", "@layer")):
            inner = _trim(body)
            blocks.append(f"{prelude}{{{inner}}}" if inner else "")
        elif prelude.startswith("@"):
            blocks.append(f"{prelude}{{{body}}}")
        else:
            selectors = [s for s in split_top(prelude, ",") if not UNUSED.search(s)]
            rest = BRANDS.sub("", body)
            blocks.append(f"{','.join(selectors)}{{{rest}}}" if selectors and rest.strip() else "")
    return "".join(blocks)


def build_fallback(tabler: str, tokens: str) -> str:
    """Return the sheet for browsers without light-dark(): the same selectors with static colours."""
    tabler = re.sub(r"/\*.*?\*/|@charset[^;]*;", "", tabler, flags=re.DOTALL)
    light, dark = read_root_values(tabler, tokens)
    plain, night = _resolve_sheet(tabler, light, dark)
    auto = "".join(f"{_under(':not([data-bs-theme=light])', s)}{{{d}}}" for s, d in night)
    chosen = "".join(f"{_under('[data-bs-theme=dark]', s)}{{{d}}}" for s, d in night)
    head = "/* Made by tools/vendor.py from tabler.min.css and css/tokens.css. Do not edit. */\n"
    return (
        f"{head}@supports not (color:light-dark(#000,#fff)){{\n{plain}\n{chosen}\n"
        f"@media (prefers-color-scheme:dark){{{auto}}}\n}}\n"
    )


def _under(theme: str, selector: str) -> str:
    """Limit a selector to a theme; :where() adds no specificity, so that our own later sheets still override it."""
    if selector.startswith(":root"):
        return f":root:where({theme}){selector.removeprefix(':root')}"
    return f":where(:root{theme}) {selector}"


def read_root_values(tabler: str, tokens: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the custom properties of `:root` in light and in dark, in which our tokens override those of Tabler."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for sheet in (tabler, re.sub(r"/\*.*?\*/", "", tokens, flags=re.DOTALL)):
        for prelude, body in split_blocks(sheet):
            selectors = [s.strip() for s in split_top(prelude, ",")]
            values = dict(read_declarations(body, custom_only=True))
            if ":root" in selectors:
                light |= values
                dark |= {k: v for k, v in values.items() if k not in dark or MODERN.search(v)}
            if any(s in {"[data-bs-theme=dark]", ":root[data-bs-theme=dark]"} for s in selectors):
                dark |= values
    return light, light | dark


def read_declarations(body: str, *, custom_only: bool = False) -> Iterator[tuple[str, str]]:
    """Yield (property, value) of a rule's body."""
    for part in split_top(body, ";"):
        name, colon, value = part.partition(":")
        if colon and (name.strip().startswith("--") or not custom_only):
            yield name.strip(), value.strip()


def _resolve_sheet(
    css: str, light: dict[str, str], dark: dict[str, str]
) -> tuple[str, list[tuple[str, str]]]:
    plain, night = [], []
    for prelude, body in split_blocks(css):
        if prelude.startswith("@media") and "print" not in prelude:
            inner, _ = _resolve_sheet(body, light, dark)
            plain.append(f"{prelude}{{{inner}}}" if inner else "")
        if prelude.startswith("@") or not MODERN.search(body):
            continue
        selectors = [s for s in split_top(prelude, ",") if ":has(" not in s]
        own_properties = {} if ":root" in selectors else dict(read_declarations(body, custom_only=True))
        day_text, night_text = [], []
        for name, value in read_declarations(body):
            if MODERN.search(value):
                day = resolve(value, light | own_properties, dark=False)
                evening = resolve(value, dark | own_properties, dark=True)
                day_text.append(f"{name}:{day}")
                night_text.extend([f"{name}:{evening}"] if evening != day else [])
        if selectors:
            plain.append(f"{','.join(selectors)}{{{';'.join(day_text)}}}")
            night.extend((s.strip(), ";".join(night_text)) for s in selectors if night_text)
    return "".join(plain), night


def resolve(value: str, env: dict[str, str], *, dark: bool, depth: int = 0) -> str:
    """Return the value with variables and colour functions replaced as far as they are known."""
    out, index = "", 0
    for match in re.finditer(r"(var|light-dark|color-mix|oklch|calc)\(", value):
        if match.start() < index:
            continue
        end = find_closing(value, match.end())
        inner = value[match.end() : end - 1]
        out += value[index : match.start()] + _call(match[1], inner, env, dark, depth)
        index = end
    return out + value[index:]


def find_closing(text: str, start: int) -> int:
    """Return the index after the parenthesis that closes the one opened just before start."""
    depth = 1
    while depth:
        depth += {"(": 1, ")": -1}.get(text[start], 0)
        start += 1
    return start


def _call(name: str, inner: str, env: dict[str, str], dark: bool, depth: int) -> str:
    if depth > 12:
        return f"{name}({inner})"
    args = [a.strip() for a in split_top(inner, ",")]
    if name == "var":
        value_of_variable = env.get(args[0], ",".join(args[1:]) if len(args) > 1 else None)
        return (
            f"var({inner})"
            if value_of_variable is None
            else resolve(value_of_variable, env, dark=dark, depth=depth + 1)
        )
    if name == "light-dark":
        return resolve(args[1 if dark else 0], env, dark=dark, depth=depth + 1)
    resolved = [resolve(a, env, dark=dark, depth=depth + 1) for a in args]
    if name == "calc":
        return _calc(resolved[0])
    if name == "oklch":
        return _oklch(resolved[0])
    return _mix(resolved)


def _calc(text: str) -> str:
    product = re.fullmatch(r"([\d.]+)\s*\*\s*([\d.]+)%", text)
    return f"{float(product[1]) * float(product[2]):g}%" if product else f"calc({text})"


Colour = tuple[float, float, float, float]  # red, green, blue, alpha; 0 to 1


def parse_colour(text: str) -> Colour | None:
    """Read #rgb, #rrggbb, rgb(), rgba(), transparent, black and white."""
    text = text.strip().lower()
    named = {
        "transparent": (0.0, 0.0, 0.0, 0.0),
        "white": (1.0, 1.0, 1.0, 1.0),
        "black": (0.0, 0.0, 0.0, 1.0),
    }
    if text in named:
        return named[text]
    if match := re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", text):
        digits = match[1] if len(match[1]) == 6 else "".join(c * 2 for c in match[1])
        red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
        return red, green, blue, 1.0
    if match := re.fullmatch(r"rgba?\(([^)]*)\)", text):
        numbers = [float(n) for n in re.findall(r"[\d.]+", match[1])]
        return numbers[0] / 255, numbers[1] / 255, numbers[2] / 255, (numbers[3] if len(numbers) > 3 else 1.0)
    return None


def format_colour(colour: Colour) -> str:
    """Return a colour as #rrggbb, or as rgba() if it is transparent."""
    red, green, blue = (round(min(max(c, 0.0), 1.0) * 255) for c in colour[:3])
    if colour[3] >= 0.999:
        return f"#{red:02x}{green:02x}{blue:02x}"
    return f"rgba({red},{green},{blue},{round(colour[3], 3):g})"


def to_oklab(colour: Colour) -> tuple[float, float, float]:
    """Return L, a, b of a colour."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3])
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    mid = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * mid - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * mid + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * mid - 0.8086757660 * short,
    )


def from_oklab(light: float, a: float, b: float, alpha: float) -> Colour:
    """Return the sRGB colour, clipped to the gamut."""
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    mid = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * mid + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * mid - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * mid + 1.7076147010 * short,
    )
    red, green, blue = (
        12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055
        for c in (min(max(v, 0.0), 1.0) for v in linear)
    )
    return red, green, blue, alpha


def _oklch(inner: str) -> str:
    if match := re.fullmatch(r"from (.+?) (l|calc\(l ?([+-]) ?([\d.]+)\)) c h", inner):
        base = parse_colour(match[1])
        if base is None:
            return match[1]
        light, a, b = to_oklab(base)
        shift = float(f"{match[3]}{match[4]}") if match[3] else 0.0
        return format_colour(from_oklab(min(max(light + shift, 0.0), 1.0), a, b, base[3]))
    if match := re.fullmatch(r"([\d.]+)%? ([\d.]+) ([\d.]+)(?:deg)?(?: ?/ ?([\d.]+)(%?))?", inner):
        light, chroma, hue = float(match[1]) / 100, float(match[2]), math.radians(float(match[3]))
        alpha = float(match[4]) / (100 if match[5] else 1) if match[4] else 1.0
        return format_colour(from_oklab(light, chroma * math.cos(hue), chroma * math.sin(hue), alpha))
    return f"oklch({inner})"


def _share(text: str) -> tuple[str, float | None]:
    match = re.fullmatch(r"(.*?)\s+([\d.]+)%", text.strip())
    return (match[1], float(match[2]) / 100) if match else (text.strip(), None)


def _mix(args: list[str]) -> str:
    """Mix two colours in oklab, premultiplied by alpha; the first one when either is not known."""
    (one, p), (two, q) = _share(args[1]), _share(args[2])
    first, second = parse_colour(one), parse_colour(two)
    if first is None or second is None:
        return one
    p = p if p is not None else (1 - q if q is not None else 0.5)
    alpha = first[3] * p + second[3] * (1 - p)
    if alpha == 0:
        return "transparent"
    weighted = zip(to_oklab(first), to_oklab(second), strict=True)
    light, a, b = ((x * first[3] * p + y * second[3] * (1 - p)) / alpha for x, y in weighted)
    return format_colour(from_oklab(light, a, b, alpha))
