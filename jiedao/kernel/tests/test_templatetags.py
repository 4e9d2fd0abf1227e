import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import Context, Template
from django.utils import translation

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def chinese():
    with translation.override("zh-hans"):
        yield


def draw(source, /, **context):
    return Template("{% load jiedao %}" + source).render(Context({"now": NOW, **context}))


class ReplyForm(forms.Form):
    text = forms.CharField(label="答复", widget=forms.Textarea, help_text="用普通话写。")
    note = forms.CharField(label="备注", required=False)
    reached = forms.ChoiceField(label="接通", choices=[("y", "是"), ("n", "否")], widget=forms.RadioSelect)
    secret = forms.BooleanField(label="保密", required=False)


def test_an_icon_without_a_label_is_hidden_from_screen_readers():
    assert 'aria-hidden="true"' in draw('{% icon "plus" %}')
    assert 'role="img" aria-label="新建"' in draw('{% icon "plus" label="新建" %}')


def test_a_badge_shows_its_state_as_escaped_text():
    html = draw("{% state_badge label tone %}", label="<待派遣>", tone="info")
    assert "j-badge--info" in html
    assert "&lt;待派遣&gt;" in html


@pytest.mark.django_db
def test_a_deadline_shows_text_tone_and_exact_local_time():
    html = draw("{% due at now %}", at=NOW - timedelta(days=3))
    assert "已超 7 个工作时" in html  # from Friday 14:00 to Monday 14:00
    assert "j-due--bad" in html
    assert 'title="期限 2026-11-20 14:00"' in html


@pytest.mark.django_db
def test_a_deadline_that_runs_names_its_end():
    html = draw("{% due at now %}", at=NOW + timedelta(hours=3))
    assert "还剩 3 个工作时" in html
    assert "今天 17:00 到期" in html


def test_a_deadline_that_was_met_names_when_it_was_done_and_the_limit():
    html = draw("{% due at now done_at=done %}", at=NOW + timedelta(days=1), done=NOW - timedelta(hours=1))
    assert "按期完成" in html
    assert "11-23 13:00 完成，期限 11-24 14:00" in html


@pytest.mark.django_db
def test_a_provisional_deadline_is_marked():
    assert "（暂定）" in draw("{% due at now provisional=True %}", at=NOW + timedelta(days=9))


def test_a_field_links_label_help_and_error_to_its_control():
    html = draw("{% field form.text %}", form=ReplyForm({}))
    assert '<label class="form-label required" for="id_text">' in html
    assert 'aria-describedby="id_text-help id_text-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_text-error"' in html


def test_an_optional_field_is_marked():
    assert "选填" in draw("{% field form.note %}", form=ReplyForm())


def test_radio_buttons_are_a_group_with_a_legend():
    html = draw("{% field form.reached %}", form=ReplyForm())
    assert "<fieldset" in html
    assert html.count('type="radio"') == 2
    assert "<legend" in html


def test_a_check_box_is_inside_its_label():
    assert re.search(r"<label[^>]*><input[^>]*checkbox", draw("{% field form.secret %}", form=ReplyForm()))


def test_form_errors_link_to_the_fields_with_errors():
    assert 'href="#id_text"' in draw("{% form_errors form %}", form=ReplyForm({"reached": "y"}))
    assert draw("{% form_errors form %}", form=ReplyForm()).strip() == ""


def test_the_pager_states_the_count_and_builds_addresses():
    page = {"previous": "", "next": "after=41&q=灯", "first": 51, "shown": 50, "total": 248}
    html = draw("{% pager page %}", page=page)
    assert "第 51–100 条，共 248 条" in html
    assert 'href="?after=41&amp;q=灯"' in html
    assert 'rel="prev"' not in html


def test_the_pager_needs_no_total():
    assert "本页 7 条" in draw("{% pager page %}", page={"shown": 7})


def test_the_timeline_shows_actor_text_and_changes():
    entry = {
        "at": NOW,
        "title": "派遣",
        "who": "林晓",
        "changes": [("期限", "11-24", "11-25")],
        "text": "a < b",
    }
    html = draw("{% timeline entries now=now %}", entries=[entry])
    assert "林晓" in html
    assert "<del>11-24</del>" in html
    assert "<ins>11-25</ins>" in html
    assert "a &lt; b" in html


def test_a_map_without_an_address_needs_no_script():
    html = draw("{% map_svg features %}", features={"features": []})
    assert "<svg" in html
    assert "<script" not in html


@pytest.mark.django_db  # the tiles are a policy
def test_a_map_with_an_address_is_live_and_contains_the_svg():
    html = draw('{% map_svg features url="/x.json" height=240 %}', features={"features": []})
    assert '<jd-map class="j-map j-map--240" data-url="/x.json"' in html
    assert "<svg" in html


def test_bars_are_scaled_to_the_longest():
    html = draw(
        '{% bar_chart rows unit="件" %}', rows=[{"label": "甲", "value": 40}, {"label": "乙", "value": 10}]
    )
    assert 'width="100.0"' in html
    assert 'width="25.0"' in html


def test_a_chart_contains_its_numbers_as_a_table_and_as_data():
    series = [{"name": "上报", "values": [3, 5], "links": ["/a", "/b"]}]
    html = draw('{% chart "bar" labels series title="月" %}', labels=["1月", "2月"], series=series)
    assert '<a href="/b">5</a>' in html
    data = json.loads(re.search(r"<script[^>]*json[^>]*>(.*?)</script>", html, re.DOTALL)[1])
    assert data["series"][0]["values"] == [3, 5]


def test_a_short_series_leaves_cells_empty():
    html = draw('{% chart "line" labels series %}', labels=["1", "2"], series=[{"name": "a", "values": [1]}])
    assert html.count('<td class="j-num">') == 2


@pytest.mark.parametrize(
    ("value", "top", "width"), [(5, 10, "50.0"), (30, 10, "100.0"), (None, 9, "0.0"), (1, 0, "0.0")]
)
def test_a_meter_stays_between_0_and_100_percent(value, top, width):
    assert f'width="{width}"' in draw("{% meter value top %}", value=value, top=top)


def test_highlight_marks_words_and_escapes_the_rest():
    html = draw("{{ text|highlight:words }}", text="<b>垃圾三天没清</b>", words=["垃圾", "没清"])
    assert html == "&lt;b&gt;<mark>垃圾</mark>三天<mark>没清</mark>&lt;/b&gt;"


def test_highlight_without_words_only_escapes():
    assert draw('{{ text|highlight:"" }}', text="a<b") == "a&lt;b"


@pytest.mark.django_db
def test_no_component_writes_inline_style_or_handlers():
    html = draw(
        "{% timeline entries %}{% map_svg features url='/x' %}{% meter 1 2 %}"
        "{% bar_chart rows %}{% pager page %}",
        entries=[{"at": NOW, "title": "x"}],
        features={"features": []},
        rows=[{"label": "a", "value": 1}],
        page={"shown": 1},
    )
    assert not re.search(r"\s(style|on\w+)=", html)


def test_the_boxes_of_a_group_are_drawn_as_django_draws_them():
    class GroupForm(forms.Form):
        units = forms.MultipleChoiceField(
            choices=[("1", "城管"), ('2"', "<水务>")], widget=forms.CheckboxSelectMultiple, initial=['2"']
        )

    form = GroupForm()
    html = draw("{% field form.units %}", form=form)
    assert [str(box.tag()) for box in form["units"]] == re.findall(r"<input[^>]*>", html)
    assert html.count("checked") == 1
    assert "&lt;水务&gt;" in html


def test_what_is_drawn_once_is_drawn_once_for_each_language():
    items = [{"url": "/desk/", "icon": "home", "label": "首页", "key": "g h", "active": True, "phone": True}]
    chinese_keys, chinese_nav = (
        draw('{% constant "kernel/keys.html" %}'),
        draw("{% navigation items %}", items=items),
    )
    with translation.override("en"):
        assert draw('{% constant "kernel/keys.html" %}') != chinese_keys
        assert draw("{% navigation items %}", items=items) != chinese_nav
    assert draw('{% constant "kernel/keys.html" %}') == chinese_keys
    assert 'aria-current="page"' in chinese_nav
    closed = [{**items[0], "active": False}]
    assert 'aria-current="page"' not in draw("{% navigation items %}", items=closed)
    assert draw("{% navigation items %}", items=None).strip() == ""


@pytest.mark.parametrize("choices", [{"groups": []}, {"options": []}])
def test_a_select_box_without_choices_has_its_label_alone(choices):
    html = draw("{% choose select %}", select={"name": "area", "label": "网格", "value": "", **choices})
    assert re.findall(r"<option[^>]*>([^<]*)", html) == ["网格"]
