from django.apps import AppConfig


class PacksConfig(AppConfig):
    name = "jiedao.packs"
    label = "packs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the policies that mark invented data, which every page states, and schematic outlines on maps."""
        from jiedao.kernel.policies import PolicySpec, declare_policies  # noqa: PLC0415 (models are not loaded before)

        declare_policies(
            PolicySpec("demo", default=False, read=lambda pack: bool(pack.about.get("demonstration", False))),
            PolicySpec(
                "schematic", default=False, read=lambda pack: bool(pack.about.get("schematic", False))
            ),
        )
