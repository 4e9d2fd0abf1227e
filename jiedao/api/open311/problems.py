"""Refusals as GeoReport v2 has them: a list of errors, with 404, 403 or 400."""

from django.http import HttpRequest, HttpResponse

from jiedao.kernel.errors import TooManyRequests, UserError
from jiedao.kernel.open311_documents import answer_document, choose_suffix, make_errors

# The specification has 404, 403 and 400. The others are general statuses of HTTP on which clients act: wrong method,
# missing or wrong length, too many requests, and a server that is not usable at the moment.
STATUSES = frozenset({403, 404, 405, 411, 413, 429, 500, 503, 507})


def choose_format(request: HttpRequest) -> str:
    """Return the format in which the request is answered."""
    return choose_suffix(request.path_info, request.headers.get("Accept", ""))


def answer_error(request: HttpRequest, status: int, description: str) -> HttpResponse:
    """Return the answer with one error; a status that is neither in the specification nor listed here becomes 400."""
    code = status if status in STATUSES else 400
    return answer_document(make_errors(code, description), choose_format(request), status=code)


def answer_refusal(request: HttpRequest, fault: UserError) -> HttpResponse:
    """Answer a refusal of an action or a selector: what is wrong, and what to do about it."""
    text = str(fault)
    description = f"{fault.field}: {text}" if fault.field and fault.field not in text else text
    answer = answer_error(request, fault.status, description)
    if isinstance(fault, TooManyRequests):
        answer["Retry-After"] = str(fault.seconds)
    return answer
