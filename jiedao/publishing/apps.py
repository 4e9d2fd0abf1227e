from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "jiedao.publishing"
    label = "publishing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the jobs, policies and the part of a pack; who sees files; and what is erased with a reporter."""
        from jiedao.cases.actions.erasing import register_texts  # noqa: PLC0415 (models are not loaded before)
        from jiedao.files.access import register_scope  # noqa: PLC0415
        from jiedao.kernel.packs.parts import register_part  # noqa: PLC0415
        from jiedao.kernel.policies import declare_policies  # noqa: PLC0415
        from jiedao.notices.kinds import register_notice_kinds  # noqa: PLC0415
        from jiedao.publishing import jobs  # noqa: F401, PLC0415 (importing registers them)
        from jiedao.publishing.models.reviews import PublicCase  # noqa: PLC0415
        from jiedao.publishing.notices import KINDS  # noqa: PLC0415
        from jiedao.publishing.policies import POLICIES  # noqa: PLC0415
        from jiedao.publishing.review.actions import LONGEST  # noqa: PLC0415
        from jiedao.publishing.selectors.publications import may_open_publication  # noqa: PLC0415

        declare_policies(*POLICIES)
        register_notice_kinds(*KINDS)
        register_part("jiedao.publishing.pack.part.PART")
        register_scope("publishing.publication", may_open_publication)
        register_texts(PublicCase, "case_id", tuple(LONGEST))
