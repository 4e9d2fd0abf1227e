"""What files call the channels."""

from jiedao.cases.models import Channel

_WORDS: dict[str, tuple[str, ...]] = {
    "PATROL": ("网格巡查", "巡查", "网格员", "patrol"),
    "HOTLINE": ("12345", "12345热线", "12345 热线", "热线", "电话", "来电", "phone", "hotline"),
    "APP": ("手机应用", "微信", "小程序", "公众号", "客户端", "app", "mobile"),
    "WEB": ("网上留言", "网站", "网上", "网络", "留言板", "邮箱", "web", "website", "online", "email"),
    "SUPERIOR": ("上级交办", "上级", "交办", "转办", "superior"),
    "MEDIA": ("媒体曝光", "媒体", "media"),
    "INSPECTION": ("检查发现", "检查", "督查", "inspection"),
    "OTHER": ("其他", "其它", "other", "unknown"),
}
_CODE_OF = {word: code for code, words in _WORDS.items() for word in words}


def channel_code(text: str) -> str:
    """Return the code of a channel written as its code or in words; empty when it is not known."""
    if text.upper() in Channel.values:
        return text.upper()
    return _CODE_OF.get(text.lower(), "")
