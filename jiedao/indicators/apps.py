from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "jiedao.indicators"
    label = "indicators"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the part of a pack that declares measures and targets."""
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415 (models are not loaded before)

        register_part("jiedao.indicators.pack.part.PART")
