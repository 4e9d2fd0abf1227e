from django.apps import AppConfig


class DistrictConfig(AppConfig):
    name = "jiedao.district"
    label = "district"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what follows when a unit that stands for an office is renamed."""
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415 (models are not loaded before)

        register_part("jiedao.district.pack.part.PART")
