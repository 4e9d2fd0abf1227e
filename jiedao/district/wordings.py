"""What can be wrong with an office, as codes that are stored with the office, and its states."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.kernel.wordings import declare_wordings

UNKNOWN_HOST = "office.unknown_host"
PRIVATE_ADDRESS = "office.private_address"
NOT_ENCRYPTED = "office.not_encrypted"
UNTRUSTED_CERTIFICATE = "office.untrusted_certificate"
NOT_CONNECTED = "office.not_connected"
NO_ANSWER = "office.no_answer"
TOKEN_REFUSED = "office.token_refused"  # noqa: S105 (a code)
NOT_ALLOWED = "office.not_allowed"
BUSY = "office.busy"
UNAVAILABLE = "office.unavailable"
REDIRECTED = "office.redirected"
NONSENSE = "office.nonsense"
TOO_LARGE = "office.too_large"
REFUSED = "office.refused"
UNREADABLE_ORDER = "order.unreadable"
NO_TOKEN = "office.no_token"  # noqa: S105 (a code)
OTHER_PERIOD = "office.other_period"
OTHER_TOWN = "office.other_town"
BAD_FIGURES = "office.bad_figures"
OTHER_DEFINITION = "office.other_definition"
NO_MAJORITY = "office.no_majority"
NOT_ENDED = "office.not_ended"
NOT_PUBLISHED = "office.not_published"
NOT_READ = "office.not_read"

declare_wordings(
    {
        UNKNOWN_HOST: _("查不到对方网址的网络地址"),
        PRIVATE_ADDRESS: _("网址指向内部网络，JIEDAO_OFFICE_NETWORKS 没有允许"),
        NOT_ENCRYPTED: _("网址要以 https:// 开头；http 只能用在 JIEDAO_OFFICE_NETWORKS 列出的网络里"),
        UNTRUSTED_CERTIFICATE: _("对方服务器的证书不可信"),
        NOT_CONNECTED: _("连不上对方服务器"),
        NO_ANSWER: _("对方服务器在 %(seconds)d 秒里没有答完"),
        TOKEN_REFUSED: _("对方不认这个令牌：已作废、过期，或抄错了"),
        NOT_ALLOWED: _("令牌的权限不够：%(message)s"),
        BUSY: _("对方要求稍后再来（每分钟的请求太多）"),
        UNAVAILABLE: _("对方服务器暂时不能用（%(status)d）"),
        REDIRECTED: _("网址转到了别处（%(status)d）：请填对方系统现在的网址"),
        NONSENSE: _("对方的回答不是街道系统的数据（%(status)d）：请核对网址"),
        TOO_LARGE: _("对方的回答超过 %(mb)d MB，没有读"),
        REFUSED: _("对方拒绝（%(status)d）：%(message)s"),
        UNREADABLE_ORDER: _("下达的内容无法解密：密钥 JIEDAO_FIELD_KEY 与写入时不同"),
        NO_TOKEN: _("还没有填对方发的令牌"),
        OTHER_PERIOD: _("要的是 %(wanted)s，对方给的是 %(period)s 的数，没有采用"),
        OTHER_TOWN: _("对方是 %(towns)s，不是 %(code)s：请核对网址和区划"),
        BAD_FIGURES: _("对方公布的指标看不懂（%(where)s），没有采用"),
        OTHER_DEFINITION: _("按另一版口径计算：%(meaning)s"),
        NO_MAJORITY: _("各街道口径不一，没有多数，本区也没有定口径：%(meaning)s"),
        NOT_ENDED: _("数字截至 %(day)s，那时这个时段还没有结束"),
        NOT_PUBLISHED: _("没有公布这项指标"),
        NOT_READ: _("还没有读过这个时段"),
    }
)


class OfficeState(models.TextChoices):
    """Whether an office answers."""

    ANSWERS = "answers", _("正常")
    FAULTY = "faulty", _("读不到")
    NEVER = "never", _("还没有读过")
    INACTIVE = "inactive", _("已停用")
