from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "jiedao.portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's part of the pack, and the policy that stores it."""
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415 (models are not loaded before)
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415
        from jiedao.portal.policies import POLICIES  # noqa: PLC0415

        declare_policies(*POLICIES)
        register_part("jiedao.portal.pack.part.PART")
