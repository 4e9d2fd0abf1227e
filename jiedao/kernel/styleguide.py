"""The style guide for developers, which shows every component. Its address exists only in DEBUG; its data is invented."""

# ruff: noqa: E501 (long sample texts)
from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from jiedao.kernel import clock, problems, views

PAGES = {"": "parts", "case": "case", "desk": "desk", "problem": "", "paper": "paper"}


class SampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(label="标题", max_length=60, help_text="一句话说清楚：什么地方、什么问题。")
    text = forms.CharField(label="详细情况", widget=forms.Textarea, required=False)
    category = forms.ChoiceField(label="类别", choices=[("", "请选择"), ("1", "暴露垃圾"), ("2", "占道经营")])
    urgency = forms.ChoiceField(
        label="紧急程度", choices=[("a", "一般"), ("b", "紧急")], widget=forms.RadioSelect
    )
    secret = forms.BooleanField(label="来电人要求保密", required=False)
    photos = forms.FileField(
        label="照片",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/*", "data-photos": ""}),
        help_text="可一次选多张；上传前会压缩，位置信息会去除。",
    )


def _sample_cases(now: Any) -> list[dict[str, Any]]:
    rows = [
        (
            "木棉湾路 18 号楼下垃圾三天没清，天热味道很大",
            "待派遣",
            "info",
            "暴露垃圾",
            "木棉湾社区",
            -50,
            "12345",
        ),
        ("德兴花园东门流动摊贩占住盲道", "办理中", "strong", "占道经营", "德兴社区", 3, "网格巡查"),
        ("龙岭路路灯连续五盏不亮", "待核查", "warn", "路灯", "龙岭社区", 30, "手机端"),
        ("大芬油画村停车场出口井盖松动，夜间有响声", "挂账", "hold", "井盖", "大芬社区", None, "12345"),
        ("凤凰社区健身器材螺丝脱落", "已结案", "good", "公共设施", "凤凰社区", -400, "网站"),
        (
            "东方半岛三期夜间施工噪声扰民，已是第三次反映",
            "返工",
            "bad",
            "施工噪声",
            "东方半岛社区",
            -5,
            "12345",
        ),
    ]
    return [
        {
            "number": f"BJ2026112300{n:02d}",
            "title": title,
            "label": label,
            "tone": tone,
            "category": category,
            "area": area,
            "due_at": None if hours is None else now + timedelta(hours=hours),
            "source": source,
        }
        for n, (title, label, tone, category, area, hours, source) in enumerate(rows, 41)
    ]


def _sample_features() -> dict[str, Any]:
    areas = []
    for row in range(3):
        for column in range(4):
            west, south = 114.10 + column * 0.012 + row * 0.002, 22.60 + row * 0.01
            ring = [
                [west, south],
                [west + 0.012, south],
                [west + 0.014, south + 0.01],
                [west + 0.002, south + 0.01],
            ]
            props: dict[str, Any] = {
                "kind": "area",
                "label": f"第 {row * 4 + column + 1} 社区",
                "href": "#",
                "text": f"社区{column}",
                "value": (row + column) / 5,
            }
            geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
            areas.append({"type": "Feature", "properties": props, "geometry": geometry})
    tones = ["info", "warn", "bad", "good", "hold", "info", "warn"]
    for n, tone in enumerate(tones):
        point = [114.106 + n * 0.006, 22.604 + (n % 3) * 0.009]
        props = {"kind": "here" if n == 3 else "case", "tone": tone, "label": f"案件 {n}", "href": "#"}
        areas.append(
            {"type": "Feature", "properties": props, "geometry": {"type": "Point", "coordinates": point}}
        )
    return {"type": "FeatureCollection", "features": areas}


def _sample_timeline(now: Any) -> list[dict[str, Any]]:
    return [
        {
            "at": now - timedelta(minutes=12),
            "title": "派遣给城管科",
            "who": "林晓",
            "post": "派遣员",
            "tone": "info",
            "icon": "send",
            "changes": [("承办单位", "", "城市管理科"), ("办理期限", "11-24 12:00", "11-24 17:30")],
        },
        {
            "at": now - timedelta(hours=3),
            "title": "退回",
            "who": "陈立",
            "post": "执法队",
            "tone": "warn",
            "icon": "arrow-back-up",
            "text": "现场为小区内部道路，不属于执法队职责，建议转木棉湾社区工作站。",
            "note": "第 1 次退回",
        },
        {
            "at": now - timedelta(days=1),
            "title": "受理",
            "who": "王芳",
            "post": "受理员",
            "tone": "good",
            "icon": "check",
        },
        {"at": now - timedelta(days=1, hours=2), "title": "来电登记", "who": "12345 热线", "icon": "phone"},
    ]


def _sample_shell(request: HttpRequest, now: Any) -> dict[str, Any]:
    items = [
        ("待办", "inbox", "g h", 12),
        ("案件", "list-details", "g c", 0),
        ("派遣台", "send", "g d", 7),
        ("地图", "map-2", "g m", 0),
        ("看板", "chart-bar", "g b", 0),
        ("管理", "settings", "", 0),
    ]
    return {
        "town": {"name": "布吉街道", "demo": True},
        "nav": [
            {"label": label, "url": "#", "icon": icon, "key": key, "count": count, "active": label == "案件"}
            for label, icon, key, count in items
        ],
        "actor": {"label": "布吉街道 · 派遣员 林晓", "user_name": "林晓", "post_title": "派遣员"},
        "links": {
            "home": "/styleguide/",
            "search": "/styleguide/",
            "sign_out": "#",
            "account": "#",
            "notices": "#",
        },
        "notice_count": 3,
        "theme": views.get_theme(request),
        "now": now,
    }


def show_page(request: HttpRequest, page: str = "") -> HttpResponse:
    """Render one page of the style guide."""
    if page not in PAGES:
        raise Http404
    now = clock.now()
    context = _sample_shell(request, now)
    if page == "problem":
        return render(request, "error.html", {**context, **_explain_status(409)}, status=200)
    return render(request, f"kernel/styleguide/{PAGES[page]}.html", {**context, **_sample_context(now)})


def _explain_status(status: int) -> dict[str, object]:
    message, hint = problems.explain(status)
    return {"layout": problems.PLAIN_LAYOUT, "status": status, "message": message, "hint": hint}


def _sample_context(now: Any) -> dict[str, Any]:
    invalid_form = SampleForm({"title": "", "category": "1", "urgency": "a"})
    return {
        "cases": _sample_cases(now),
        "features": _sample_features(),
        "entries": _sample_timeline(now),
        "form": SampleForm(),
        "wrong": invalid_form,
        "tones": ["neutral", "info", "good", "warn", "bad", "hold", "strong"],
        "page": {"previous": "", "next": "after=41", "first": 1, "shown": 6, "total": 248},
        "stats": [
            {"label": "待我办理", "value": 12, "unit": "件", "url": "#", "note": "3 件今天到期"},
            {"label": "已超期", "value": 2, "unit": "件", "url": "#", "tone": "bad", "note": "最久 2 天"},
            {
                "label": "按期处置率",
                "value": "96.4",
                "unit": "%",
                "url": "#",
                "tone": "good",
                "note": "上月 95.1%",
            },
            {"label": "待回访", "value": 31, "unit": "件", "url": "#", "of": 80},
        ],
        "tabs": [
            {"label": "全部", "url": "#", "active": True, "count": 248},
            {"label": "待派遣", "url": "#", "count": 12},
            {"label": "已超期", "url": "#", "count": 2, "tone": "bad"},
            {"label": "我的收藏", "url": "#", "count": None},
        ],
        "bars": [
            {"label": "城市管理科", "value": 4210, "href": "#", "note": "96%"},
            {"label": "木棉湾社区工作站", "value": 2977, "href": "#", "note": "93%"},
            {"label": "执法队", "value": 1204, "href": "#", "tone": "warn", "note": "88%"},
        ],
        "months": ["1月", "2月", "3月", "4月", "5月", "6月"],
        "series": [
            {"name": "上报", "values": [1620, 1210, 2040, 2330, 2510, 2558]},
            {"name": "结案", "values": [1580, 1190, 1990, 2270, 2466, 2491], "tone": "good"},
        ],
        "steps": [
            {"label": "收集", "state": "done"},
            {"label": "受理", "state": "done"},
            {"label": "派遣", "state": "now", "note": "还剩 2 小时"},
            {"label": "办理", "state": "todo"},
            {"label": "核查", "state": "todo"},
            {"label": "结案", "state": "todo"},
            {"label": "回访", "state": "todo"},
        ],
        "facts": [
            ("编号", "BJ202611230041"),
            ("来源", "12345 热线"),
            ("地点", "木棉湾路 18 号"),
            {"label": "反映人", "value": "李* 138****0000", "secret": True},
        ],
        "text": "木棉湾路 18 号楼下的垃圾堆了三天没有人清，天气热味道很大，一楼住户不敢开窗。\n之前打过一次电话，说会处理，到现在没有来。",
        "words": ["垃圾", "没有人清"],
    }
