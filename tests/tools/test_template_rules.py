"""The check of templates reports what the browser would block and what would not be translated."""

import pytest

from tools import check_templates as rules

KNOWN = {
    "static": {"js/a.js"}.__contains__,
    "template": {"base.html"}.__contains__,
    "url": {"desk:home"}.__contains__,
    "icon": {"plus"}.__contains__,
}


@pytest.fixture
def faults(tmp_path):
    def check(text):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        return rules.check_template(path, KNOWN)

    return check


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color:red">a</p>',
        '<a onclick="x()">a</a>',
        "<script>x()</script>",
        "<style>p{}</style>",
        '<a href="javascript:x()">a</a>',
        '<div hx-on:click="x()"></div>',
        '<script src="https://cdn.example/x.js"></script>',
    ],
)
def test_what_the_csp_forbids_is_reported_with_its_line(faults, text):
    assert [line for line, _ in faults("\n\n" + text)] == [3]


@pytest.mark.parametrize(
    "text",
    [
        "<p>待办</p>",
        '<input placeholder="搜索">',
        '{% load jiedao %}{% crumb "" "案件" %}',
        '{{ name|default:"无" }}',
    ],
)
def test_chinese_outside_a_translate_tag_is_found(faults, text):
    assert len(faults(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        '{% load i18n %}{% translate "待办" %}',
        "{% load i18n %}{% blocktranslate %}共 {{ n }} 条{% endblocktranslate %}",
        '{% load i18n jiedao %}{% crumb "" _("案件") %}',
        "{# 说明 #}{% comment %}说明{% endcomment %}",
        '<script type="application/json">{}</script>',
        '{% load static %}<script type="module" src="{% static \'js/a.js\' %}"></script>',
    ],
)
def test_a_good_template_passes(faults, text):
    assert faults(text) == []


@pytest.mark.parametrize(
    "text",
    [
        '{% load static %}{% static "js/b.js" %}',
        '{% include "nowhere.html" %}',
        '{% url "desk:nowhere" %}',
        '{% load jiedao %}{% icon "unicorn" %}',
    ],
)
def test_a_dead_reference_is_reported(faults, text):
    assert len(faults(text)) == 1


def test_a_template_that_does_not_compile_is_found_with_its_line(faults):
    reported = faults("<p>\n{% if %}\n</p>")
    assert reported[0][0] == 2
    assert "does not compile" in reported[0][1]


def test_a_long_line_is_reported(faults):
    assert [line for line, _ in faults("<p></p>\n" + "<b></b>" * 29)] == [2]
