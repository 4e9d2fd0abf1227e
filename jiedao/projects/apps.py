from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "jiedao.projects"
    label = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register policies, parts of a pack, rules for attachments, figures, notices, and the origin of obstacles."""
        from jiedao.cases.origins import register_origin  # noqa: PLC0415 (models are not loaded before)
        from jiedao.files.access import register_scope  # noqa: PLC0415
        from jiedao.kernel.figures import register_source  # noqa: PLC0415
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.kernel.packs.tables import Kind  # noqa: PLC0415
        from jiedao.kernel.policies import PolicySpec, declare_policies  # noqa: PLC0415
        from jiedao.notices.kinds import register_notice_kinds  # noqa: PLC0415
        from jiedao.orgs.unattended import register_work_kinds  # noqa: PLC0415
        from jiedao.projects.access import can_see_project  # noqa: PLC0415
        from jiedao.projects.actions.obstacles import OBSTACLE  # noqa: PLC0415
        from jiedao.projects.notices import KINDS  # noqa: PLC0415
        from jiedao.projects.promise_access import can_see_entry, can_see_payment, can_see_pledge  # noqa: PLC0415

        declare_policies(
            PolicySpec("slack_days", 5, Kind.INT, least=0, most=250, label=_("余量少于几个工作日时项目标黄")),
            PolicySpec(
                "permit_days", 10, Kind.INT, least=0, most=250, label=_("报批到期前几个工作日项目标黄")
            ),
            PolicySpec(
                "promise_warn_days", 5, Kind.INT, least=0, most=60, label=_("责任事项到期前几个工作日预警")
            ),
        )
        register_part("jiedao.projects.pack.part.PROJECTS")
        register_part("jiedao.projects.pack.part.PROMISES")
        register_scope("projects.project", can_see_project)
        register_scope("projects.pledge", can_see_pledge)
        register_scope("projects.entry", can_see_entry)
        register_scope("projects.payment", can_see_payment)
        register_origin(OBSTACLE)
        register_notice_kinds(*KINDS)
        register_source("projects", "jiedao.projects.figures.projects.ProjectSource")
        register_source("campaigns", "jiedao.projects.figures.campaigns.CampaignSource")
        register_source("pledges", "jiedao.projects.figures.pledges.PledgeSource")
        register_source("aid", "jiedao.projects.figures.aid.AidSource")
        register_work_kinds("jiedao.projects.unattended.KINDS")
