"""Addresses at which a request does not end, beside those of jiedao."""

import os
import re
import time

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def sleep_for_ever(request: HttpRequest) -> HttpResponse:
    """Wait without end, as for another program that does not answer."""
    while True:
        time.sleep(1)


def search_for_ever(request: HttpRequest) -> HttpResponse:
    """Match without end; the regular expression does not release the interpreter."""
    return HttpResponse(re.match("(a+)+$", "a" * 60 + "!"))


def answer_slowly(request: HttpRequest) -> HttpResponse:
    """Answer after two seconds with the id of the process."""
    time.sleep(2)
    return HttpResponse(str(os.getpid()))


def write_and_sleep(request: HttpRequest) -> HttpResponse:
    """Hold the write lock of the database without end."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET full_name = 'written' WHERE id > 0")
        while True:
            time.sleep(1)


urlpatterns = [
    path("desk/sleep/", sleep_for_ever),
    path("desk/search/", search_for_ever),
    path("desk/slow/", answer_slowly),
    path("desk/write/", write_and_sleep),
    path("", include("jiedao.urls")),
]
