"""Recognise the columns of a message table by their headers."""

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.reading import Table
from jiedao.kernel.tables.rows import Row, join_words, normalise_header, read_headers

# The fields of a message table with their known headers, the most specific first.
ALIASES: dict[str, tuple[str, ...]] = {
    "number": (
        *(
            "留言编号",
            "工单编号",
            "工单号",
            "案件编号",
            "案件号",
            "受理编号",
            "事件编号",
            "信件编号",
            "诉求编号",
            "来件编号",
            "编号",
        ),
        *("unique_key", "service_request_id", "sr_number", "case_number", "case_id", "number", "id"),
    ),
    "reporter": ("留言用户", "留言人", "用户", "昵称", "用户名", "reporter", "user", "username"),
    "name": (
        *("姓名", "联系人", "诉求人", "反映人", "来电人", "投诉人", "市民姓名", "诉求人姓名"),
        *("name", "contact_name", "full_name"),
    ),
    "phone": (
        *("联系电话", "手机号码", "手机号", "手机", "电话", "来电号码", "联系方式", "电话号码"),
        *("phone", "phone_number", "mobile", "telephone"),
    ),
    "subject": (
        *("留言主题", "留言标题", "诉求标题", "事件标题", "工单标题", "案件标题", "主题", "标题"),
        *("subject", "title", "summary"),
    ),
    "detail": (
        *("留言详情", "留言内容", "诉求内容", "反映内容", "事件描述", "问题描述", "案件描述", "工单内容"),
        *("详情", "内容", "描述", "detail", "details", "description", "content", "text", "body"),
    ),
    "reported_at": (
        *("留言时间", "留言日期", "诉求时间", "来电时间", "反映时间", "上报时间", "提交时间", "登记时间"),
        *(
            "来件时间",
            "派单时间",
            "创建时间",
            "受理时间",
            "reported_at",
            "created_date",
            "created_at",
            "requested_datetime",
            "opened_at",
        ),
    ),
    "reply": (
        *("答复意见", "答复内容", "回复内容", "回复意见", "办理结果", "处理结果", "答复", "回复"),
        *("reply", "response", "resolution_description", "resolution"),
    ),
    "replied_at": (
        "答复时间",
        "答复日期",
        "回复时间",
        "回复日期",
        "replied_at",
        "reply_date",
        "response_date",
    ),
    "closed_at": ("结案时间", "办结时间", "关闭时间", "closed_date", "closed_at"),
    "status": ("办理状态", "案件状态", "工单状态", "状态", "status", "state"),
    "votes_for": ("点赞数", "赞成数", "支持数", "点赞", "votes_for", "likes", "upvotes"),
    "votes_against": ("反对数", "反对", "votes_against", "dislikes", "downvotes"),
    "category": (
        *("三级分类", "二级分类", "一级分类", "问题分类", "诉求分类", "事项分类", "分类", "类别", "事项类别"),
        *("category", "complaint_type", "service_name"),
    ),
    "place": (
        *("事发地点", "事发地址", "发生地点", "诉求地址", "地点", "地址", "位置", "详细地址"),
        *("place", "address", "incident_address", "address_string"),
    ),
    "lon": ("经度", "lon", "lng", "long", "longitude"),
    "lat": ("纬度", "lat", "latitude"),
    "channel": ("诉求来源", "来件渠道", "受理渠道", "来源", "渠道", "channel"),
    "due_at": (
        *(
            "办理时限",
            "处理时限",
            "办结时限",
            "限办时间",
            "限办日期",
            "要求办结时间",
            "要求完成时间",
            "办理期限",
        ),
        *("截止时间", "答复时限", "due_date", "due_at", "deadline"),
    ),
    "demand": (
        *("诉求类型", "诉求性质", "诉求类别", "工单类型", "工单性质", "来件类型", "信件类型", "事件性质"),
        *("demand", "request_type"),
    ),
    "event_at": ("事发时间", "发生时间", "事件时间", "事发日期", "event_at", "incident_date"),
    "wants_reply": (
        *("是否回复", "是否需要回复", "是否要求回复", "需要回复", "是否答复", "是否要求答复"),
        "wants_reply",
    ),
    "wants_visit": ("是否回访", "是否需要回访", "是否要求回访", "需要回访", "wants_visit"),
}
TITLES = {
    "number": gettext_lazy("编号"),
    "reporter": gettext_lazy("留言用户"),
    "name": gettext_lazy("姓名"),
    "phone": gettext_lazy("电话"),
    "subject": gettext_lazy("标题"),
    "detail": gettext_lazy("内容"),
    "reported_at": gettext_lazy("留言时间"),
    "reply": gettext_lazy("答复"),
    "replied_at": gettext_lazy("答复时间"),
    "closed_at": gettext_lazy("结案时间"),
    "status": gettext_lazy("状态"),
    "votes_for": gettext_lazy("点赞数"),
    "votes_against": gettext_lazy("反对数"),
    "category": gettext_lazy("分类"),
    "place": gettext_lazy("地点"),
    "lon": gettext_lazy("经度"),
    "lat": gettext_lazy("纬度"),
    "channel": gettext_lazy("来源"),
    "due_at": gettext_lazy("办理时限"),
    "demand": gettext_lazy("诉求类型"),
    "event_at": gettext_lazy("事发时间"),
    "wants_reply": gettext_lazy("是否回复"),
    "wants_visit": gettext_lazy("是否回访"),
}


_FIELD_OF = {
    normalise_header(alias): (field, rank)
    for field, aliases in ALIASES.items()
    for rank, alias in enumerate(aliases)
}


@dataclass(frozen=True)
class Header:
    """The header row and the column of each field.

    Attributes:
        row: the header row.
        columns: the index of the column by field.
        names: the headers as written, by index of the column.
    """

    row: Row
    columns: dict[str, int]
    names: tuple[str, ...]


def recognise_columns(row: Row) -> dict[str, int]:
    """Return the column index by field; of two columns for a field, the one with the more specific header."""
    ranked: dict[str, tuple[int, int]] = {}
    for index, name in enumerate(read_headers(row)):
        field, rank = _FIELD_OF.get(normalise_header(name), ("", 0))
        if field and (field not in ranked or rank < ranked[field][0]):
            ranked[field] = (rank, index)
    return {field: index for field, (_rank, index) in ranked.items()}


def find_header(table: Table) -> Header:
    """Return the header among the first rows; titles and remarks above it are ignored.

    Raises:
        UserError: no row has headers for number, time and subject or detail, or two columns have the same header.
    """
    row = max(table.head, key=lambda candidate: len(recognise_columns(candidate)))
    columns = recognise_columns(row)
    missing = [str(TITLES[field]) for field in ("number", "reported_at") if field not in columns]
    if "subject" not in columns and "detail" not in columns:
        missing.append(f"{TITLES['subject']}/{TITLES['detail']}")
    names = read_headers(row)
    if missing:
        headers = names if columns else read_headers(table.head[0])
        raise table.refuse(
            _("“%(name)s”缺少这些列：%(missing)s。") % {"name": table.name, "missing": join_words(missing)},
            _(
                "第 %(row)d 行的表头是：%(found)s。请改表头，或说明哪一列是什么（页面上“选列”，命令 --mapping）。"
            )
            % {
                "row": (row if columns else table.head[0]).number,
                "found": join_words(name[:30] for name in headers if name),
            },
        )
    check_unique(row, {names[index] for index in columns.values()})
    return Header(row, columns, names)


def check_unique(row: Row, used: set[str]) -> None:
    """Raise UserError when two columns have the same used header."""
    repeated = [name for name, count in Counter(read_headers(row)).items() if count > 1 and name in used]
    if repeated:
        raise UserError(
            _("表头“%(name)s”出现了两次，不知道用哪一列。") % {"name": repeated[0]},
            hint=_("请给其中一列改名再导入。"),
        )
