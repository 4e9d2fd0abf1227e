from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "jiedao.kernel"
    label = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the part of a pack that belongs to no room."""
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415
        from jiedao.kernel.synonyms import POLICY  # noqa: PLC0415
        from jiedao.kernel.tiles import POLICIES as TILE_POLICIES  # noqa: PLC0415

        declare_policies(POLICY, *TILE_POLICIES)
        register_part("jiedao.kernel.packs.about.PART")
