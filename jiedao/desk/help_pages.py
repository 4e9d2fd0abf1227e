"""Which help topic explains which page. A new page of the desk needs a line here, which a test checks."""

from django.http import HttpRequest
from django.urls import NoReverseMatch

from jiedao.kernel.addresses import make_address

# topic: names of the addresses that it explains, forms that are shown again after an error included
PAGES_BY_TOPIC: dict[str, tuple[str, ...]] = {
    "home": ("desk:home",),
    "notices": ("desk:notices", "desk:notices_read", "desk:tasks", "desk:task"),
    "messages": (
        *("desk:messages", "desk:messages_address", "desk:messages_verify", "desk:messages_remove"),
        *(
            "desk:admin_deliveries",
            "desk:admin_deliveries_again",
            "desk:admin_robots",
            "desk:admin_robot_test",
        ),
        "desk:admin_robot_remove",
    ),
    "deputies": (
        *("desk:deputies", "desk:deputy_end", "desk:admin_person_deputy", "desk:admin_person_deputy_end"),
    ),
    "account": (
        *("desk:account", "desk:switch_post", "accounts:change_password", "accounts:second_factor"),
        *("accounts:second_factor_off", "accounts:recovery_codes"),
    ),
    "sign-in": (
        "accounts:sign_in",
        "accounts:code",
        "accounts:sign_out",
        *("accounts:office", "accounts:office_return", "accounts:office_sign_out"),
    ),
    "search": ("desk:search",),
    "report-check": ("desk:report_check",),
    "cases": ("desk:cases", "desk:bulk", "desk:save_view", "desk:delete_view", "desk:print_cases"),
    "new-case": ("desk:new", "desk:doubtful", "desk:doubtful_decide"),
    "callers": ("desk:caller", "desk:case_caller"),
    "case": ("desk:case", "desk:case_alike", "desk:move", "desk:reveal", "desk:phrases", "desk:print_case"),
    "files": ("desk:upload", "desk:register-upload"),
    "visit": ("desk:visit",),
    "dispatcher": ("desk:dispatcher",),
    "map": ("desk:map", "desk:register-map"),
    "registers": (
        *(
            "desk:registers",
            "desk:register",
            "desk:register-new",
            "desk:register-record",
            "desk:register-edit",
        ),
        *("desk:register-standing", "desk:register-grade", "desk:register-regrade", "desk:register-reveal"),
        "desk:register-code",
    ),
    "register-import": ("desk:register-import", "desk:register-refused", "desk:register-import-undo"),
    "inspections": (
        *("desk:inspections", "desk:inspection", "desk:inspection_drop", "desk:inspection_new"),
        "desk:inspection_plan",
    ),
    "field": ("desk:field_file",),
    "projects": ("desk:projects", "desk:project", "desk:project-write"),
    "promises": (
        *("desk:promises", "desk:campaign", "desk:campaign-split", "desk:campaign-enter", "desk:pledges"),
        *(
            "desk:pledge-new",
            "desk:pledge",
            "desk:pledge-move",
            "desk:aid",
            "desk:aid-commit",
            "desk:aid-pay",
        ),
        "desk:aid-void",
    ),
    "board": ("desk:board", "desk:board_rows", "desk:board_rows_export"),
    "forms": (
        *("desk:forms", "desk:form-new", "desk:form", "desk:form-edit", "desk:form-bind", "desk:form-begin"),
        *("desk:form-fill", "desk:form-cell", "desk:form-fill-write"),
    ),
    "district": (
        *("desk:district", "desk:district_matrix", "desk:district_office", "desk:district_read"),
        *("desk:admin_offices", "desk:admin_office", "desk:admin_office_check", "desk:admin_office_remove"),
    ),
    "connections": (
        *(
            "desk:admin_endpoints",
            "desk:admin_endpoint_new",
            "desk:admin_endpoint",
            "desk:admin_endpoint_again",
        ),
        *("desk:admin_endpoint_test", "desk:admin_endpoint_drop", "desk:admin_endpoint_secret"),
        *("desk:admin_endpoint_remove", "desk:admin_reconcile", "desk:admin_reconciliation"),
    ),
    "health": ("desk:admin_health", "desk:admin_health_retry"),
    "figures": (
        *("desk:figures", "desk:figure", "desk:figure_entries", "desk:figure_enter", "desk:figure_import"),
        *("desk:figure_confirm", "desk:figure_return", "desk:figure_lock"),
    ),
    "overview": ("desk:overview",),
    "orders": ("desk:orders", "desk:order_retry", "desk:order_reporter"),
    "undecided": (
        *("desk:undecided", "desk:undecided_decide", "desk:undecided_units", "desk:undecided_holder"),
        *("desk:undecided_quota", "desk:admin_undecided"),
    ),
    "review": ("desk:review", "desk:review_case"),
    "consultations": (
        *("desk:consultations", "desk:consultation_new", "desk:consultation", "desk:consultation_edit"),
        *("desk:consultation_move", "desk:consultation_codes", "desk:consultation_outcome"),
    ),
    "hotspots": (
        *("desk:hotspots", "desk:hotspot", "desk:hotspot_place", "desk:hotspot_merge"),
        "desk:hotspot_supervise",
    ),
    "scores": (
        *("desk:scores", "desk:score_sheet", "desk:score", "desk:score_points", "desk:score_simulate"),
        *("desk:score_recompute", "desk:score_contest", "desk:score_appeals", "desk:score_appeal"),
        *("desk:score_appeal_decide", "desk:score_appeal_withdraw"),
    ),
    "publishing": (
        *("desk:publishing", "desk:publication-new", "desk:publication", "desk:publication-edit"),
        *("desk:publication-file-remove", "desk:publication-review", "desk:publication-publish"),
        *("desk:publication-withdraw", "desk:publication-copy", "desk:publication-discard"),
    ),
    "open-data": ("desk:open-data", "desk:open-data-set", "desk:open-data-release", "desk:open-data-close"),
    "yearly-reports": ("desk:yearly-reports", "desk:yearly-report", "desk:yearly-report-make"),
    "reports": (
        *("desk:reports", "desk:report-new", "desk:report", "desk:report-edit", "desk:report-preview"),
        *("desk:report-sign", "desk:report-withdraw", "desk:report-changes", "desk:report-version"),
        *("desk:report-compare", "desk:report-promises", "desk:report-promises-export"),
        *("desk:report-mention", "desk:report-plan", "desk:report-plan-link", "desk:report-plan-dismiss"),
        "desk:report-plan-undo",
        *("desk:report-file", "desk:report-word", "desk:report-word-templates", "desk:report-word-template"),
        "desk:report-word-template-retire",
    ),
    "admin-people": (
        *(
            "desk:admin",
            "desk:admin_people",
            "desk:admin_person_new",
            "desk:admin_person",
            "desk:admin_tokens",
        ),
        *("desk:admin_person_rename", "desk:admin_person_active", "desk:admin_person_password"),
        *("desk:admin_person_second_factor", "desk:admin_person_take", "desk:admin_token_revoke"),
        *("desk:admin_person_link", "desk:admin_person_unlink"),
        *(
            "desk:admin_posts",
            "desk:admin_post_new",
            "desk:admin_post",
            "desk:admin_units",
            "desk:admin_unit_new",
        ),
        *("desk:admin_unit", "desk:admin_rights"),
    ),
    "admin-town": (
        *("desk:admin_calendar", "desk:admin_categories", "desk:admin_category", "desk:admin_values"),
        *(
            "desk:admin_value",
            "desk:admin_value_new",
            "desk:admin_value_off",
            "desk:admin_own",
            "desk:admin_own_decide",
            "desk:admin_outlines",
        ),
    ),
    "admin-packs": (
        *("desk:admin_packs", "desk:admin_pack", "desk:admin_pack_draft", "desk:admin_pack_apply"),
        *("desk:admin_pack_again", "desk:admin_pack_back"),
    ),
    "admin-audit": ("desk:admin_audit", "desk:admin_audit_verify"),
    "import-messages": (
        *("desk:admin_import", "desk:imports", "desk:import", "desk:import_check", "desk:import_columns"),
        *("desk:import_mappings", "desk:import_mapping_delete", "desk:import_export", "desk:import_undo"),
        "desk:export_standard",
    ),
}
TOPIC_BY_PAGE = {page: topic for topic, pages in PAGES_BY_TOPIC.items() for page in pages}


def get_help_url(request: HttpRequest) -> str:
    """Return the address of the topic that explains the page, or of the list of topics.

    Return "" where the desk has no addresses: the style guide and a test's pages are sites of their own.
    """
    match = request.resolver_match
    topic = TOPIC_BY_PAGE.get(match.view_name, "") if match is not None else ""
    try:
        return make_address("desk:help_topic", topic) if topic else make_address("desk:help")
    except NoReverseMatch:
        return ""
