"""The OpenAPI description of the JSON API: what ninja derives from the endpoints, and the parts that they share."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from jiedao.api.once import HEADER, LONGEST_KEY, WRITING
from jiedao.kernel.problem_documents import MEDIA_TYPE

PROBLEM = {"$ref": "#/components/schemas/Problem"}
# Answers that every address can give; the token is checked before anything else.
SHARED_ANSWERS = {
    500: "An error of the server; nothing was stored",
    503: "The database is not usable at the moment; send again after `Retry-After` seconds",
}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before sending again", "schema": {"type": "integer"}}
}
ALLOWANCE = {
    "RateLimit": {
        "description": 'Requests left and seconds until all are, such as "token";r=29999;t=1',
        "schema": {"type": "string"},
    }
}
REPEATED = {
    "Idempotency-Replayed": {
        "description": "true where the answer repeats that of an earlier request with this key",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
KEY = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Made by the caller for one request, such as a UUID: sent again with it within two days, the same "
    "request repeats its answer and has no second effect. With other content it is refused with 422",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!#-~]+$"},
}


class DescribedAPI(NinjaAPI):
    """NinjaAPI whose description names the media type of refusals and short operation ids."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the name of the endpoint's function, which is unique in the API and names verb and object."""
        return operation.view_func.__name__

    _description: OpenAPISchema | None = None

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the description, which is made once: that takes half a second, and every visitor may request it."""
        if self._description is None:
            self._description = self._make_description(**options)
        return self._description

    def _make_description(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        for methods in schema["paths"].values():
            for method, operation in methods.items():
                _describe_answers(operation["responses"])
                if method.upper() in WRITING:
                    operation["parameters"].append(KEY)
                    for status, answer in operation["responses"].items():
                        if status < 400:
                            answer["headers"] |= REPEATED
        return schema


def _describe_answers(answers: dict[int, dict[str, Any]]) -> None:
    for status, description in SHARED_ANSWERS.items():
        answers[status] = {
            "description": description,
            "content": {"application/json": {"schema": PROBLEM}},
        }
    for status, answer in answers.items():
        if status >= 400:
            answer["content"] = {MEDIA_TYPE: next(iter(answer["content"].values()))}
        if status in {429, 503}:
            answer["headers"] = RETRY_AFTER
        elif status < 400:
            answer["headers"] = dict(ALLOWANCE)
