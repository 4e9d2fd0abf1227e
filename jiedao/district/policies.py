"""The policies that the district's orders read."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.policies import PolicySpec

POLICIES = (
    PolicySpec(
        "order_return_reason",
        "NOT_OURS",
        names="reason",
        label=_("街道不予受理时，按哪条退回原因退回派遣员"),
        hint=_("写退回原因的代码，如 NOT_OURS。"),
    ),
)
