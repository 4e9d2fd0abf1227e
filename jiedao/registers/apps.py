from django.apps import AppConfig


class RegistersConfig(AppConfig):
    name = "jiedao.registers"
    label = "registers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the rules for attachments, the figures, the notices, the origin of cases, and the part of a pack."""
        from jiedao.cases.origins import register_origin  # noqa: PLC0415 (models are not loaded before)
        from jiedao.files.access import register_scope  # noqa: PLC0415
        from jiedao.kernel.figures import register_source  # noqa: PLC0415
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.notices.kinds import register_notice_kinds  # noqa: PLC0415
        from jiedao.orgs.unattended import register_work_kinds  # noqa: PLC0415
        from jiedao.registers import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.registers.access import sees_inspection, sees_record  # noqa: PLC0415
        from jiedao.registers.actions.findings import HAZARD  # noqa: PLC0415
        from jiedao.registers.notices import KINDS  # noqa: PLC0415

        register_scope("registers.record", sees_record)
        register_scope("registers.visit", sees_inspection)
        register_origin(HAZARD)
        register_notice_kinds(*KINDS)
        register_source("register", "jiedao.registers.figures.records.RegisterSource")
        register_source("inspections", "jiedao.registers.figures.inspections.InspectionSource")
        register_part("jiedao.registers.pack.part.PART")
        register_work_kinds("jiedao.registers.unattended.KINDS")
