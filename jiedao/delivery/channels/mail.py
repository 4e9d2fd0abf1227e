"""Mail by SMTP, through Django's mail backend."""

import smtplib
import ssl
from contextlib import suppress
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from jiedao.delivery.channels.base import (
    DeliveryFault,
    Message,
    PermanentFault,
    TemporaryFault,
    UncertainFault,
)
from jiedao.kernel.outbound import is_time_up, limit_time, watch_connection

SECONDS = 15
SECONDS_OF_A_MAIL = 60  # from the connection to the last answer; shorter than the lease of a delivery


def build_mail(message: Message) -> EmailMessage:
    """Return the mail. Its Message-ID is that of every copy, and no program answers it automatically."""
    name, address = parseaddr(str(settings.JIEDAO_MAIL["sender"]))
    domain = address.rpartition("@")[2] or "localhost"
    headers = {
        "Message-ID": f"<{message.key}@{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    return EmailMessage(
        " ".join(message.subject.split()),
        message.text,
        formataddr((name or gettext("街道工作系统"), address or "jiedao@localhost")),
        [message.target],
        headers=headers,
    )


class Connection(smtplib.SMTP):
    """A connection that ends when the time of a mail is up, and that knows whether the text of a mail has left."""

    text_begun = False

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        return watch_connection(super()._get_socket(host, port, timeout))  # type: ignore[misc]

    def getreply(self) -> tuple[int, bytes]:
        """Return the answer of the server; 354 lets the text of a mail begin."""
        answer = super().getreply()
        if is_time_up():
            raise smtplib.SMTPServerDisconnected("the time is up")
        self.text_begun = answer[0] == 354
        return answer

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the text of a mail; raise UncertainFault if no answer to it comes."""
        try:
            return super().data(msg)
        except smtplib.SMTPDataError:
            raise
        except (smtplib.SMTPException, OSError) as fault:
            if self.text_begun:
                raise UncertainFault(_("等不到邮件服务器的回答")) from fault
            raise


class EncryptedConnection(smtplib.SMTP_SSL, Connection):
    """The same, encrypted from the beginning."""


class Backend(EmailBackend):
    """Django's backend with connections that end."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Return the class of the connection."""
        return EncryptedConnection if self.use_ssl else Connection


class MailChannel:
    """Sends each mail over a connection of its own; certificates of the server are verified."""

    repeats_safely = False
    is_connected = True

    def send(self, message: Message) -> None:
        """Send the mail; a refused receiver or message is permanent, everything about the server temporary.

        A mail to whose text no answer comes may have been sent: sent again, it would arrive several times.
        """
        mail: dict[str, Any] = settings.JIEDAO_MAIL
        backend = Backend(
            host=mail["host"],
            port=mail["port"],
            username=mail["user"],
            password=mail["password"],
            use_tls=mail["tls"] == "starttls",
            use_ssl=mail["tls"] == "tls",
            timeout=SECONDS,
            fail_silently=False,
        )
        try:
            with limit_time(SECONDS_OF_A_MAIL):
                backend.send_messages([build_mail(message)])
        except smtplib.SMTPRecipientsRefused as fault:
            raise _read_refused_address(fault) from fault
        except smtplib.SMTPAuthenticationError as fault:
            raise TemporaryFault(_("邮件服务器不认发信账号和密码，请管理员检查设置")) from fault
        except smtplib.SMTPNotSupportedError as fault:
            raise TemporaryFault(_("邮件服务器不支持设置的加密或登录方式，请管理员检查设置")) from fault
        except smtplib.SMTPSenderRefused as fault:
            raise TemporaryFault(_("邮件服务器不认发件地址，请管理员检查设置"), fault.smtp_code) from fault
        except smtplib.SMTPDataError as fault:
            raise _read_refused_mail(fault) from fault
        except ssl.SSLCertVerificationError as fault:
            raise TemporaryFault(_("邮件服务器的证书不可信，请管理员检查")) from fault
        except (smtplib.SMTPException, OSError) as fault:
            raise TemporaryFault(_("连不上邮件服务器")) from fault
        except ValueError as fault:  # an address that no mail can have
            raise PermanentFault(_("邮件地址不能用")) from fault
        finally:
            with suppress(smtplib.SMTPException, OSError):
                backend.close()  # after a refused password Django leaves the connection open


def _read_refused_address(fault: smtplib.SMTPRecipientsRefused) -> DeliveryFault:
    code = max((code for code, _text in fault.recipients.values()), default=0)
    if code >= 500:
        return PermanentFault(_("邮件服务器拒收这个地址"), code)
    return TemporaryFault(_("邮件服务器暂时不收这个地址"), code)


def _read_refused_mail(fault: smtplib.SMTPDataError) -> DeliveryFault:
    if fault.smtp_code >= 500:
        return PermanentFault(_("邮件服务器拒收这封邮件"), fault.smtp_code)
    return TemporaryFault(_("邮件服务器暂时不收"), fault.smtp_code)
