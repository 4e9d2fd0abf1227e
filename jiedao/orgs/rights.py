"""Every right a post can hold. A pack that names another is refused."""

CASE_RIGHTS = [
    "report",
    "view",
    "accept",
    "reject",
    "verify",
    "dispatch",
    "return",
    "redispatch",
    "take",
    "handle",
    "self_handle",
    "help",
    "check",
    "close",
    "reply",
    "visit",
    "reopen",
    "ask_extension",
    "decide_extension",
    "suspend",
    "resume",
    "merge",
    "split",
    "supervise",
    "remind",
    "void",
    "comment",
    "correct",
    "export",
    "reveal",
]

PERMISSIONS: frozenset[str] = frozenset(
    [f"cases.case:{verb}" for verb in CASE_RIGHTS]
    + [
        "registers.record:view",
        "registers.record:edit",
        "registers.record:reveal",
        "registers.record:grade",
        "cases.board:view",
        "cases.category:manage",
        "orgs.user:manage",
        "orgs.post:manage",
        "kernel.calendar:manage",
        "packs.pack:apply",
        "audit.entry:view",
        "exchange.messages:import",
    ]
)
