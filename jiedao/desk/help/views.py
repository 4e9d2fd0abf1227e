"""The pages of the help. They hold no data, so everyone may read them, before signing in too."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.help.topics import LANGUAGES, POSTS, choose_language, read_topic
from jiedao.desk.help_pages import PAGES_BY_TOPIC
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.views import choose_layout


@require_safe
def list_topics(request: HttpRequest) -> HttpResponse:
    """List the topics by post and by page."""
    language = choose_language()
    groups: list[dict[str, Any]] = [
        {"label": _("按岗位看"), "topics": [read_topic(key, language) for key in POSTS]},
        {"label": _("按页面看"), "topics": [read_topic(key, language) for key in PAGES_BY_TOPIC]},
    ]
    context = {"layout": choose_layout(request), "groups": groups}
    return render(request, "desk/help/index.html", context)


@require_safe
def show_topic(request: HttpRequest, key: str) -> HttpResponse:
    """Show a topic in the reader's language, with the other language beside it."""
    language = choose_language()
    try:
        topic = read_topic(key, language)
    except KeyError as fault:
        raise NotFoundError(_("没有这一篇帮助。"), hint=_("请从帮助的目录里选。")) from fault
    other = read_topic(key, next(code for code in LANGUAGES if code != language))
    context = {"layout": choose_layout(request), "topic": topic, "other": other}
    return render(request, "desk/help/topic.html", context)
