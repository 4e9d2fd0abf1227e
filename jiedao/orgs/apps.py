from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgsConfig(AppConfig):
    name = "jiedao.orgs"
    label = "orgs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the policies of this room and its parts of a pack."""
        from jiedao.accounts.oidc.passwords import register_administrators  # noqa: PLC0415
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415 (models are not loaded before)
        from jiedao.kernel.packs.tables import Kind  # noqa: PLC0415
        from jiedao.kernel.policies import PolicySpec, declare_policies  # noqa: PLC0415
        from jiedao.orgs.administrators import is_administrator  # noqa: PLC0415

        register_administrators(is_administrator)
        declare_policies(
            PolicySpec("second_factor_rights", [], Kind.TEXTS),
            PolicySpec("deputy_days", 92, Kind.INT, least=1, most=366, label=_("一次代班最多几天")),
        )
        register_part("jiedao.orgs.pack.part.PART")
        register_part("jiedao.orgs.pack.part.CALENDAR")
