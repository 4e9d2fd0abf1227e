from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "jiedao.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the part of a pack that declares reports, a policy, and the notices of forms."""
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415 (models are not loaded before)
        from jiedao.kernel.packs.tables import Kind  # noqa: PLC0415
        from jiedao.kernel.policies import PolicySpec, declare_policies  # noqa: PLC0415
        from jiedao.notices.kinds import register_notice_kinds  # noqa: PLC0415
        from jiedao.orgs.unattended import register_work_kinds  # noqa: PLC0415
        from jiedao.reports.forms.notices import KINDS  # noqa: PLC0415

        declare_policies(
            PolicySpec("form_warn_days", 3, Kind.INT, least=0, most=60, label=_("上级的表应报前几天提醒"))
        )
        register_part("jiedao.reports.pack.part.PART")
        register_work_kinds("jiedao.reports.unattended.KINDS")
        register_notice_kinds(*KINDS)
