"""The known names that are near to a misspelt one, and none where a suggestion would be a guess."""

from collections.abc import Iterable

MOST_NEAR = 3  # of more names that are equally near, none is suggested


def find_nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return the known names that differ from a word by a slip of the keyboard, the nearest ones only.

    Letter case does not count. A word of up to four letters may differ by one of them, a longer one by two, one of more
    than eight by three, but always by less than half; a code of digits by one digit or two that changed places, as the
    codes of one table are all similar. No name is returned where more than three are equally near.
    """
    from rapidfuzz.distance import OSA  # noqa: PLC0415 (only a fault needs it)

    folded = word.strip().casefold()
    if not folded:
        return []
    most = 1 if len(folded) <= 4 or folded.isdigit() else 2 if len(folded) <= 8 else 3
    distances: dict[str, int] = {}
    for name in dict.fromkeys(known):
        other = name.casefold()
        distance = OSA.distance(folded, other, score_cutoff=most)
        if distance <= most and distance * 2 < max(len(folded), len(other)):
            distances[name] = distance
    least = min(distances.values(), default=0)
    nearest = sorted(name for name, distance in distances.items() if distance == least)
    return nearest if len(nearest) <= MOST_NEAR else []
