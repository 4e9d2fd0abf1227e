from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "jiedao.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the limits of reveals and look-ups, and their notices and those of deputies."""
        from jiedao.kernel.packs.tables import Kind  # noqa: PLC0415 (models are not loaded before)
        from jiedao.kernel.policies import PolicySpec, declare_policies  # noqa: PLC0415
        from jiedao.notices.deputies import ENDED, NAMED  # noqa: PLC0415
        from jiedao.notices.kinds import register_notice_kinds  # noqa: PLC0415
        from jiedao.notices.reveals import LOOK_UPS, LOOK_UPS_STOPPED, REVEALS, STOPPED  # noqa: PLC0415

        declare_policies(
            PolicySpec(
                REVEALS.policy, 30, Kind.INT, least=1, most=10_000, label=_("一人一小时内最多查看几人的身份")
            ),
            PolicySpec(
                LOOK_UPS.policy,
                60,
                Kind.INT,
                least=1,
                most=10_000,
                label=_("一人一小时内最多按电话查几个号码"),
            ),
        )
        register_notice_kinds(STOPPED, LOOK_UPS_STOPPED, NAMED, ENDED)
