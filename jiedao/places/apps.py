from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "jiedao.places"
    label = "places"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register this room's part of a pack."""
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415 (models are not loaded before)

        register_part("jiedao.places.pack.part.PART")
