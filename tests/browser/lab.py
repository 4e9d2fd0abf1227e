"""A page with every behaviour, and the addresses that it calls, for tests of single behaviours."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import RequestContext, Template
from django.urls import include, path

from jiedao.kernel import clock, views

STORE: dict[str, Any] = {}
PAGE = """{% extends "base.html" %}{% load jiedao %}{% block content %}
<jd-presence data-presence-url="/presence/"></jd-presence>
<form method="post" id="reply" data-draft="lab" data-draft-url="/draft/">{% csrf_token %}
  <textarea name="text" id="text"></textarea>
  <input name="reporter" id="reporter" data-draft-skip>
  <select name="unit"><option value="a">a</option><option value="b">b</option></select>
  <input type="file" name="photos" data-photos multiple accept="image/*">
  <button id="send">send</button></form>
<form method="post" action="/broken/" id="stale">{% csrf_token %}<button id="break">break</button></form>
<form method="post" data-bulk>{% csrf_token %}<div class="j-bulk"><b data-bulk-count></b></div>
  <table class="j-list" data-rows><thead><tr><th><input type="checkbox" data-bulk-all></th></tr></thead><tbody>
  {% for n in numbers %}<tr data-row><td><input type="checkbox" name="ids" value="{{ n }}">
    <a href="/row/{{ n }}/">{{ n }}</a></td></tr>{% endfor %}</tbody></table></form>
<form method="post" id="void">{% csrf_token %}<button id="danger" data-confirm="sure?" data-key="v">x</button></form>
{% map_svg features pick_lon="lon" pick_lat="lat" height=240 %}<input id="lon"><input id="lat">
{% chart "bar" labels series title="chart" %}
{% endblock %}"""
DONE = '{% extends "base.html" %}{% block heading %}done{% endblock %}'
SQUARE = [[114.1, 22.6], [114.12, 22.6], [114.12, 22.62], [114.1, 22.62], [114.1, 22.6]]


def lab(request: HttpRequest, number: int = 0) -> HttpResponse:
    """Return the page, or a page that confirms a submitted form."""
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    area = {"type": "Feature", "properties": {"label": "grid"}, "geometry": geometry}
    content = {
        "numbers": range(1, 7),
        "features": {"type": "FeatureCollection", "features": [area]},
        "labels": ["1", "2"],
        "series": [{"name": "n", "values": [3, 5]}],
    }
    source = DONE if request.method == "POST" or number else PAGE
    return HttpResponse(Template(source).render(RequestContext(request, content)))


def broken(request: HttpRequest) -> HttpResponse:
    """Answer with 409, as after a concurrent change."""
    return views.render_problem(request, 409)


def draft(request: HttpRequest) -> HttpResponse:
    """Store one draft in memory, as the desk stores it in the database."""
    if request.method == "GET":
        return JsonResponse(STORE) if STORE else HttpResponse(status=204)
    STORE.clear()
    if not request.POST.get("discard"):
        STORE.update(fields=json.loads(request.POST["fields"]), saved_at=clock.now().isoformat())
    return HttpResponse(status=204)


def presence(request: HttpRequest) -> HttpResponse:
    """Answer that another user has the case open."""
    return JsonResponse({"others": [{"name": "陈立", "post": "执法队", "doing": "writing"}]})


urlpatterns = [
    path("", lab),
    path("row/<int:number>/", lab),
    path("broken/", broken),
    path("draft/", draft),
    path("presence/", presence),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("jiedao.kernel.urls")),
]
