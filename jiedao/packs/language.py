"""The language of the messages of pack commands: that of --lang, else JIEDAO_LANG, else that of the terminal."""

import functools
import os
from collections.abc import Callable
from typing import Any

import click
from django.utils.translation import override

LANGUAGES = {"zh": "zh-hans", "en": "en"}


def add_language(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option --lang to the function of a command, and run it in the chosen language."""

    @click.option(
        "--lang",
        type=click.Choice(list(LANGUAGES)),
        envvar="JIEDAO_LANG",
        help="Language of the messages; by default Chinese, English where LANG is English.",
    )
    @functools.wraps(command)
    def run(*args: Any, lang: str | None, **kwargs: Any) -> Any:
        with override(LANGUAGES[lang or find_terminal_language()]):
            return command(*args, **kwargs)

    return run


def find_terminal_language() -> str:
    """Return en where the terminal is set to English, else zh."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((value for name in names if (value := os.environ.get(name))), "")
    return "en" if locale.startswith("en") else "zh"
