"""Refusals as GeoReport v2 has them: a list of errors, with 404, 403 or 400."""

from django.http import HttpRequest, HttpResponse

from jiedao.api.limits import TooManyRequests
from jiedao.api.open311.documents import JSON, XML, Document, answer_document
from jiedao.kernel.errors import UserError

# The specification knows 404, 403 and 400. These others are statuses of HTTP itself, which clients act on: a method, a
# length, the pace of the caller, and a server that is not usable at the moment.
STATUSES = frozenset({403, 404, 405, 411, 413, 429, 500, 503, 507})


def choose_format(request: HttpRequest) -> str:
    """Return the format of the answer: that of the suffix, else JSON for who accepts only that, else XML."""
    path = request.path_info
    if path.endswith(".json"):
        return JSON
    accepted = request.headers.get("Accept", "")
    return (
        JSON
        if not path.endswith(".xml") and "application/json" in accepted and "xml" not in accepted
        else XML
    )


def answer_error(request: HttpRequest, status: int, description: str) -> HttpResponse:
    """Return the answer with one error; a status that the specification does not know becomes 400."""
    code = status if status in STATUSES else 400
    document = Document("errors", [{"code": code, "description": description}])
    return answer_document(document, choose_format(request), status=code)


def answer_refusal(request: HttpRequest, fault: UserError) -> HttpResponse:
    """Answer a refusal of an action or a selector: what is wrong, and what to do about it."""
    text = str(fault)
    description = f"{fault.field}: {text}" if fault.field and fault.field not in text else text
    answer = answer_error(request, fault.status, description)
    if isinstance(fault, TooManyRequests):
        answer["Retry-After"] = str(fault.seconds)
    return answer
