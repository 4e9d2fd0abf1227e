"""Which channel is in use: the one that the settings connect, or files."""

from typing import Any

from django.conf import settings

from jiedao.delivery.channels.base import Channel
from jiedao.delivery.channels.files import FileChannel
from jiedao.delivery.channels.mail import MailChannel
from jiedao.delivery.channels.sms import SmsChannel
from jiedao.delivery.channels.webhook import WebhookChannel
from jiedao.delivery.models import ChannelCode


def get_channel(code: str) -> Channel:
    """Return the channel: files as long as the settings name no server for it."""
    if code == ChannelCode.MAIL and settings.JIEDAO_MAIL["host"]:
        return MailChannel()
    if code == ChannelCode.SMS and settings.JIEDAO_SMS["url"]:
        return SmsChannel()
    if code == ChannelCode.WEBHOOK and settings.JIEDAO_WEBHOOK["hosts"]:
        return WebhookChannel()
    return FileChannel(code)


def describe_server(code: str) -> str:
    """Return to which server a channel sends, "" for files."""
    if not get_channel(code).is_connected:
        return ""
    if code == ChannelCode.MAIL:
        return f"{settings.JIEDAO_MAIL['host']}:{settings.JIEDAO_MAIL['port']}"
    if code == ChannelCode.SMS:
        return str(settings.JIEDAO_SMS["url"]).partition("//")[2].partition("/")[0]
    webhook: dict[str, Any] = settings.JIEDAO_WEBHOOK
    return "、".join(webhook["hosts"])
