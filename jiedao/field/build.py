"""The build of the app: its shell, its files, and a version that changes with either of them.

The service worker stores the shell and the files under the version, so that the app starts without a network, and
replaces them together when the version changes. The queue is not part of a build.
"""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.translation import gettext as _

from jiedao.field.texts import build_texts

ROOT = Path(__file__).parent / "static"
SHARED_FILES = ("css/tokens.css", "js/questions.js", "js/shrink.js", "vendor/icons/icons.svg", "img/icon.svg")


@cache
def list_files() -> tuple[str, ...]:
    """Return the names of the static files that the app needs."""
    own = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file())
    return (*SHARED_FILES, *own)


def compute_file_digest() -> str:
    """Return the digest of the contents of all files."""
    digest = hashlib.sha256()
    for name in list_files():
        path = finders.find(name)
        digest.update(name.encode())
        digest.update(Path(str(path)).read_bytes() if path else b"")
    return digest.hexdigest()


@cache
def get_file_digest() -> str:
    """Return the digest of the files, computed once in each process: they change with an upgrade only."""
    return compute_file_digest()


def render_shell(theme: str) -> str:
    """Return the page that the app starts from; it holds no personal data, and is the same for all users."""
    context = {
        "theme": theme,
        "texts": build_texts(),
        "title": _("街道 · 外勤"),
        "desk_url": resolve_url(settings.LOGIN_REDIRECT_URL),
    }
    return render_to_string("field/shell.html", context)


def compute_version(shell: str) -> str:
    """Return the version of the build to which the shell belongs."""
    return hashlib.sha256(f"{get_file_digest()}{shell}".encode()).hexdigest()[:16]


def list_addresses() -> list[str]:
    """Return the addresses of the files."""
    return [static(name) for name in list_files()]
