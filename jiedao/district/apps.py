from django.apps import AppConfig


class DistrictConfig(AppConfig):
    name = "jiedao.district"
    label = "district"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the part of a pack, and what sends orders to the offices and reads their replies."""
        from jiedao.cases.moves.listeners import register_move_listener  # noqa: PLC0415 (models are not loaded before)
        from jiedao.cases.remote_units import register_remote_units  # noqa: PLC0415
        from jiedao.district.office_units import is_office_unit  # noqa: PLC0415
        from jiedao.district.orders import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.district.orders.alarms import KINDS  # noqa: PLC0415
        from jiedao.district.orders.listening import follow_move  # noqa: PLC0415
        from jiedao.district.policies import POLICIES  # noqa: PLC0415
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415
        from jiedao.notices.kinds import register_notice_kinds  # noqa: PLC0415

        declare_policies(*POLICIES)
        register_notice_kinds(*KINDS)
        register_move_listener("district", follow_move)
        register_remote_units("district", is_office_unit)
        register_part("jiedao.district.pack.part.PART")
