"""The Excel template of messages, under headers that the import recognises."""

from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.kernel.workbook import clean_sheet_name


@dataclass(frozen=True)
class TemplateColumn:
    """A column of the template; its header in Chinese and in English is one of `header.ALIASES`."""

    name: str
    name_en: str
    example: str
    note: str
    width: int = 14
    required: bool = False

    @property
    def header(self) -> str:
        """The header in the reader's language, with a star if the column is required."""
        name = self.name_en if (get_language() or "").startswith("en") else self.name
        return f"{name}*" if self.required else name


def list_template_columns() -> list[TemplateColumn]:
    """Return the columns in the reader's language."""
    at = "2020-06-30 09:30"
    return [
        TemplateColumn(
            "留言编号", "number", _("示例"), _("原系统的编号；再次导入时靠它认出已有的留言"), 18, True
        ),
        TemplateColumn("留言时间", "reported_at", at, _("日期和时间；只写日期就是那天零点"), 18, True),
        TemplateColumn("留言主题", "subject", _("路灯不亮"), _("主题和详情至少填一项"), 24),
        TemplateColumn("留言详情", "detail", _("门口的路灯两天没亮。"), _("主题和详情至少填一项"), 40),
        TemplateColumn("事发地点", "place", _("某某路 1 号"), _("地址或位置，用文字"), 28),
        TemplateColumn("经度", "longitude", "", _("十进制的度；与纬度一起填"), 11),
        TemplateColumn("纬度", "latitude", "", _("十进制的度；与经度一起填"), 11),
        TemplateColumn("分类", "category", "", _("类别的名称或代码；不填由受理人员选择")),
        TemplateColumn("来源", "channel", "", _("留言从哪里来；不填按导入时选的来源")),
        TemplateColumn("姓名", "name", "", _("个人信息：加密保存")),
        TemplateColumn("联系电话", "phone", "", _("个人信息：加密保存")),
        TemplateColumn("答复意见", "reply", "", _("已经答复的才填；要同时填答复时间"), 40),
        TemplateColumn("答复时间", "replied_at", "", _("已经答复的才填"), 18),
        TemplateColumn("结案时间", "closed_at", "", _("已经办结的才填"), 18),
    ]


def write_message_template(path: Path) -> None:
    """Write the template: a sheet to fill in. The import skips the example row, recognised by its number."""
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        page = book.add_worksheet(clean_sheet_name(_("留言")))
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        required = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#FDF1D6"})
        text = book.add_format({"num_format": "@"})  # keeps all digits of numbers and phones
        example = book.add_format({"italic": True, "font_color": "#6B7280"})
        page.write_string(0, 0, _("带 * 的必须填，主题和详情至少填一项；编号为“示例”的一行不会导入。"))
        page.freeze_panes(2, 1)
        for index, column in enumerate(list_template_columns()):
            page.set_column(index, index, column.width, text)
            page.write_string(1, index, column.header, required if column.required else bold)
            page.write_comment(1, index, column.note, {"x_scale": 1.6})
            if column.example:
                page.write_string(2, index, column.example, example)
