from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "jiedao.portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the part of a pack, the policy about the site, and the page that messages link to."""
        from jiedao.delivery.summaries import register_page  # noqa: PLC0415 (models are not loaded before)
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415
        from jiedao.portal.policies import POLICIES  # noqa: PLC0415

        declare_policies(*POLICIES)
        register_page("follow", "portal:follow")
        register_part("jiedao.portal.pack.part.PART")
