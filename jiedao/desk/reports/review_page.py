"""What the page of promised against reported shows."""

from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from jiedao.desk.links import get_promise_url
from jiedao.desk.reports.plan_page import describe_decision
from jiedao.orgs.actor import Actor
from jiedao.reports.document import Document
from jiedao.reports.planning.reviewing import MentionCode, PromiseLine, Review
from jiedao.reports.planning.sentences import split_document
from jiedao.reports.planning.states import StateCode

TONES = {MentionCode.MISSING: "bad", MentionCode.SUGGESTED: "warn", MentionCode.MENTIONED: "good"}


def describe_review(actor: Actor, review: Review, document: Document) -> dict[str, Any]:
    """Return the context of the page."""
    return {
        "review": review,
        "stats": _build_stats(review),
        "lines": [_describe_line(actor, line) for line in review.lines],
        "groups": [
            {"heading": heading, "sentences": list(sentences)}
            for heading, sentences in groupby(review.sentences, key=lambda sentence: sentence.heading)
        ],
        "objects": [{"row": row, "url": get_promise_url(row.object)} for row in review.objects],
        "results": [sentence for sentence in split_document(document) if not sentence.is_plan],
    }


def _build_stats(review: Review) -> list[dict[str, Any]]:
    late = sum(line.state.code is StateCode.LATE for line in review.lines)
    done = sum(line.state.code is StateCode.DONE for line in review.lines)
    missing, suggested = review.count(MentionCode.MISSING), review.count(MentionCode.SUGGESTED)
    return [
        {"label": _("上期承诺"), "value": len(review.lines), "tone": "neutral"},
        {"label": _("已完成"), "value": done, "tone": "good"},
        {"label": _("已逾期"), "value": late, "tone": "bad" if late else "neutral"},
        {"label": MentionCode.MISSING.label, "value": missing, "tone": "bad" if missing else "neutral"},
        {"label": _("待确认"), "value": suggested, "tone": "warn" if suggested else "neutral"},
        {
            "label": _("报告了没承诺"),
            "value": len(review.sentences) + len(review.objects),
            "tone": "neutral",
            "url": "#unpromised",
        },
    ]


def _describe_line(actor: Actor, line: PromiseLine) -> dict[str, Any]:
    return {
        **describe_decision(line.decision, line.state),
        "line": line,
        "mention_tone": TONES[line.mention],
        "is_suggested": line.mention is MentionCode.SUGGESTED,
    }
