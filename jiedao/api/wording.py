"""The faults that pydantic reports for a request, in the caller's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# The types of faults that the fields of the schemas can have; the context of a fault fills the %(...)s.
TEXTS = {
    "missing": gettext_lazy("缺少这一项。"),
    "extra_forbidden": gettext_lazy("没有这个字段。"),
    "string_type": gettext_lazy("应是文字。"),
    "string_too_long": gettext_lazy("文字过长，最多 %(max_length)s 字。"),
    "string_too_short": gettext_lazy("不能为空。"),
    "string_pattern_mismatch": gettext_lazy("写法不对，应符合 %(pattern)s。"),
    "literal_error": gettext_lazy("只能是 %(expected)s。"),
    "bool_type": gettext_lazy("应是 true 或 false。"),
    "bool_parsing": gettext_lazy("应是 true 或 false。"),
    "float_type": gettext_lazy("应是数字。"),
    "float_parsing": gettext_lazy("应是数字。"),
    "finite_number": gettext_lazy("应是有限的数字。"),
    "greater_than_equal": gettext_lazy("不能小于 %(ge)s。"),
    "less_than_equal": gettext_lazy("不能大于 %(le)s。"),
    "uuid_type": gettext_lazy("应是 UUID。"),
    "uuid_parsing": gettext_lazy("应是 UUID，如 6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10。"),
    "datetime_type": gettext_lazy("应是时间，如 2026-05-04T09:30:00+08:00。"),
    "datetime_parsing": gettext_lazy("应是时间，如 2026-05-04T09:30:00+08:00。"),
    "datetime_from_date_parsing": gettext_lazy("应是时间，如 2026-05-04T09:30:00+08:00。"),
    "date_type": gettext_lazy("应是日期，如 2020-06-30。"),
    "date_parsing": gettext_lazy("应是日期，如 2020-06-30。"),
    "date_from_datetime_parsing": gettext_lazy("应是日期，如 2020-06-30。"),
    "date_from_datetime_inexact": gettext_lazy("应是日期，如 2020-06-30。"),
    "int_type": gettext_lazy("应是整数。"),
    "int_parsing": gettext_lazy("应是整数。"),
    "dict_type": gettext_lazy("应是 JSON 对象。"),
    "model_type": gettext_lazy("应是 JSON 对象。"),
    "model_attributes_type": gettext_lazy("应是 JSON 对象。"),
    "list_type": gettext_lazy("应是列表。"),
}


def format_fault(fault: Mapping[str, Any]) -> str:
    """Return the text for a fault; an unlisted type keeps pydantic's own text."""
    text = TEXTS.get(fault.get("type", ""))
    return str(text) % fault.get("ctx", {}) if text is not None else str(fault.get("msg", ""))


def choose_hint(fault: Mapping[str, Any], path: str) -> str:
    """Return the hint for a fault of a field."""
    if path == "point.lat" and fault.get("type") in {"less_than_equal", "greater_than_equal"}:
        return _("经度和纬度好像填反了：lon 是经度（如 114.12），lat 是纬度（如 22.60）。")
    return _("字段说明见 /api/v1/openapi.json。")
