"""The optional packages for hot matters and for learning suggestions: the extra `text` of the distribution."""

from importlib.util import find_spec

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

MODULES = ("scipy", "sklearn")


def has_text_extra() -> bool:
    """Return whether all of the packages are installed."""
    return all(find_spec(name) is not None for name in MODULES)


def require_text_extra() -> None:
    """Raise UserError if one of the packages is missing; suggestion works without them."""
    missing = [name for name in MODULES if find_spec(name) is None]
    if missing:
        raise UserError(
            _("没有安装文字分析组件（%(names)s），热点归并和训练类别建议不能用。")
            % {"names": ", ".join(missing)},
            hint=_("请安装附加组件 jiedao[text]。其他功能不受影响，类别仍按关键词建议。"),
        )
