from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "jiedao.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs, policies, figures, notices and part of a pack, and who may see attachments."""
        from jiedao.cases import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.cases.access import can_see_case, can_see_primary_case  # noqa: PLC0415 (models are not loaded before)
        from jiedao.cases.following_public.notifying import notify_followers  # noqa: PLC0415
        from jiedao.cases.moves.listeners import register_move_listener  # noqa: PLC0415
        from jiedao.cases.notices import KINDS  # noqa: PLC0415
        from jiedao.cases.policies import POLICIES  # noqa: PLC0415
        from jiedao.cases.selectors.key_sample import find_encrypted_reporter  # noqa: PLC0415
        from jiedao.files.access import register_scope  # noqa: PLC0415
        from jiedao.kernel.figures import register_source  # noqa: PLC0415
        from jiedao.kernel.keymark import register_sample  # noqa: PLC0415
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415
        from jiedao.notices.kinds import register_notice_kinds  # noqa: PLC0415
        from jiedao.orgs.unattended import register_work_kinds  # noqa: PLC0415

        declare_policies(*POLICIES)
        register_notice_kinds(*KINDS)
        register_part("jiedao.cases.pack.part.PART")
        register_scope("cases.case", can_see_case, photos=can_see_primary_case)
        register_sample(find_encrypted_reporter)
        register_move_listener("cases.followers", notify_followers)
        register_source("cases", "jiedao.cases.figures.CaseSource")
        register_work_kinds("jiedao.cases.unattended.KINDS")
