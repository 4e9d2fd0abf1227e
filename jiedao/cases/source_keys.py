"""The key by which a matter from another system is recognised when it comes again."""

from jiedao.kernel.folding import fold_key


def fold_source_key(key: str) -> str:
    """Return the form in which source keys are stored and compared: source and number, each folded by `fold_key`."""
    source, sign, number = key.partition(":")
    return f"{fold_key(source)}{sign}{fold_key(number)}"
