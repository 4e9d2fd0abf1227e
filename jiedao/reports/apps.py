from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "jiedao.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the part of a pack that declares reports."""
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415 (models are not loaded before)

        register_part("jiedao.reports.pack.part.PART")
