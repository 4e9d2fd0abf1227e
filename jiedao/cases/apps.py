from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "jiedao.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs and the policies of this room, and who may see the attachments of a case."""
        from jiedao.cases import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.cases.access import can_see_case  # noqa: PLC0415 (models are not loaded before)
        from jiedao.cases.policies import POLICIES  # noqa: PLC0415
        from jiedao.files.access import register_scope  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415

        declare_policies(POLICIES)
        register_scope("cases.case", can_see_case)
