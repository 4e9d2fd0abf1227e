"""The WSGI application that the server runs."""

import os
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
handler = get_wsgi_application()
import_module("jiedao.urls")  # else the first requests, all at once, wait for some seconds of imports


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request; an answer that is whole goes to the server in one piece, which granian sends faster."""
    response = handler(environ, start_response)
    if not isinstance(response, HttpResponse):
        return response
    body = [response.content]
    response.close()
    return body
