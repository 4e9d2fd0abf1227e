"""The names that files use for the channels."""

from jiedao.cases.models import Channel
from jiedao.kernel.folding import fold_key

_NAMES: dict[str, tuple[str, ...]] = {
    "PATROL": ("网格巡查", "巡查", "网格员", "patrol"),
    "HOTLINE": ("12345热线", "12345", "热线", "电话", "来电", "phone", "hotline"),
    "APP": ("手机应用", "微信", "小程序", "公众号", "客户端", "app", "mobile"),
    "WEB": ("网上留言", "网站", "网上", "网络", "留言板", "邮箱", "web", "website", "online", "email"),
    "SUPERIOR": ("上级交办", "上级", "交办", "转办", "superior"),
    "MEDIA": ("媒体曝光", "媒体", "media"),
    "INSPECTION": ("检查发现", "检查", "督查", "inspection"),
    "OTHER": ("其他", "其它", "other", "unknown"),
}
_CODE_OF = {name: code for code, names in _NAMES.items() for name in names}


def find_channel_code(text: str) -> str:
    """Return the code of a channel from its code or one of its names; empty when it is unknown."""
    word = fold_key(text)
    if word.upper() in Channel.values:
        return word.upper()
    return _CODE_OF.get(word.lower(), "")


def name_channel(code: str) -> str:
    """Return the name of a channel as a file states it, which `find_channel_code` reads."""
    return _NAMES[code][0]
