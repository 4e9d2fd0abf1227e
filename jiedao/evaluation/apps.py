from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "jiedao.evaluation"
    label = "evaluation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the part of a pack that declares score sheets, the notices, and who sees the evidence of appeals."""
        from jiedao.evaluation.access import can_see_appeal  # noqa: PLC0415 (models are not loaded before)
        from jiedao.evaluation.notices import APPEAL, KINDS  # noqa: PLC0415
        from jiedao.files.access import register_scope  # noqa: PLC0415
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.notices.kinds import register_notice_kinds  # noqa: PLC0415
        from jiedao.orgs.unattended import register_work_kinds  # noqa: PLC0415

        register_part("jiedao.evaluation.pack.part.PART")
        register_work_kinds("jiedao.evaluation.unattended.KINDS")
        register_scope(APPEAL, can_see_appeal)
        register_notice_kinds(*KINDS)
