"""Constant parts of templates are drawn once in each language, and look as Django draws them."""

import pytest
from django.template import Context, Engine
from django.template.base import TextNode
from django.urls import NoReverseMatch
from django.utils.translation import override

from jiedao.kernel.loaders import AddressNode, ConstantNode

LOADED = "{% load i18n static jiedao %}"
TEMPLATES = {
    "words": LOADED
    + '<h2>{% icon "clock" %}{% translate "时限" %}</h2> {{ name }} {% translate "照片" %} & {{ name }}',
    "branches": LOADED
    + '{% if name %}<b>{% translate "搜索" %}</b>{{ name }}{% else %}{% icon "x" %}{% translate "收起" %}{% endif %}'
    + '{% for row in rows %}<i>{% translate "通知" %}</i>{{ row }}{% empty %}{% translate "没有附件。" %}!{% endfor %}',
    "variables": LOADED + '{% translate "帮助" as help %}[{{ help }}]{% icon name %}{% translate name %}',
    "brand": LOADED + '{% translate "街道" context "brand" %}{# a note #}<p>{% static "js/map.js" %}</p>',
    "raw": LOADED + '{% autoescape off %}{% translate "设置" %}{{ html }}{% endautoescape %}{{ html }}',
    "percent": LOADED + '<p>{% translate "90%" %}</p>',
    "base": LOADED + '<title>{% block title %}{% translate "首页" %}!{% endblock %}</title>{% icon "bell" %}',
    "page": '{% extends "base" %}' + LOADED + "{% block title %}{{ name }}·{{ block.super }}{% endblock %}",
}
VALUES = {"name": "<阳光>", "rows": [1, 2], "html": "<u>"}


def make_engine(joining: bool) -> Engine:
    plain = ("django.template.loaders.locmem.Loader", TEMPLATES)
    loader = "jiedao.kernel.loaders.JoiningLoader" if joining else "django.template.loaders.cached.Loader"
    libraries = {
        "jiedao": "jiedao.kernel.templatetags.jiedao",
        "i18n": "django.templatetags.i18n",
        "static": "django.templatetags.static",
    }
    return Engine(loaders=[(loader, [plain])], libraries=libraries)


@pytest.fixture(scope="module")
def engines() -> tuple[Engine, Engine]:
    return make_engine(True), make_engine(False)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_drawn_as_django_draws_it(engines: tuple[Engine, Engine], name: str) -> None:
    joining, plain = engines
    for language in ("zh-hans", "en", "zh-hans"):
        with override(language):
            expected = plain.get_template(name).render(Context(VALUES))
            assert joining.get_template(name).render(Context(VALUES)) == expected
            assert joining.get_template(name).render(Context()) == plain.get_template(name).render(Context())


def test_constant_nodes_are_joined_and_drawn_in_each_language(engines: tuple[Engine, Engine]) -> None:
    template = engines[0].get_template("words")
    kinds = [type(node).__name__ for node in template.nodelist]
    assert kinds == ["ConstantNode", "VariableNode", "ConstantNode", "VariableNode"]
    node = template.nodelist[0]
    assert isinstance(node, ConstantNode)
    with override("en"):
        english = node.render(Context())
    with override("zh-hans"):
        chinese = node.render(Context())
    assert english != chinese
    assert "时限" in chinese
    assert "时限" not in english


def test_what_depends_on_a_value_is_not_joined(engines: tuple[Engine, Engine]) -> None:
    nodes = engines[0].get_template("variables").nodelist
    names = [type(node).__name__ for node in nodes]
    assert names.count("TranslateNode") == 2
    assert "SimpleNode" in names


def test_an_address_is_made_and_a_missing_one_is_an_error() -> None:
    engine = Engine(
        loaders=[
            (
                "jiedao.kernel.loaders.JoiningLoader",
                [
                    (
                        "django.template.loaders.locmem.Loader",
                        {
                            "one": '{% url "desk:case" number %}',
                            "kept": '{% url "desk:case" number as address %}[{{ address }}]',
                            "none": '{% url "desk:nowhere" %}',
                            "silent": '{% url "desk:nowhere" as address %}[{{ address }}]',
                        },
                    )
                ],
            )
        ]
    )
    assert any(isinstance(node, AddressNode) for node in engine.get_template("one").nodelist)
    assert not any(type(node) is TextNode for node in engine.get_template("one").nodelist)
    for number in ("2026-00000001", "2026-00000002", "x"):
        context = Context({"number": number})
        assert engine.get_template("one").render(context) == f"/desk/cases/{number}/"
        assert engine.get_template("kept").render(context) == f"[/desk/cases/{number}/]"
    with pytest.raises(NoReverseMatch):
        engine.get_template("none").render(Context())
    assert engine.get_template("silent").render(Context()) == "[]"
