from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "jiedao.publishing"
    label = "publishing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the part of a pack that declares open data, and who sees the files of publications."""
        from jiedao.files.access import register_scope  # noqa: PLC0415 (models are not loaded before)
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.publishing.selectors.publications import may_open_publication  # noqa: PLC0415

        register_part("jiedao.publishing.pack.part.PART")
        register_scope("publishing.publication", may_open_publication)
