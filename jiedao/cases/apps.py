from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "jiedao.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs of this room, its figures, and who sees the attachments of a case."""
        from jiedao.cases import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.cases.access import sees_case  # noqa: PLC0415 (models are not loaded before)
        from jiedao.cases.figures import CaseSource  # noqa: PLC0415
        from jiedao.cases.policies import POLICIES  # noqa: PLC0415
        from jiedao.files.access import register_scope  # noqa: PLC0415
        from jiedao.kernel.figures import register_source  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415

        declare_policies(POLICIES)
        register_scope("cases.case", sees_case)
        register_source("cases", CaseSource())
