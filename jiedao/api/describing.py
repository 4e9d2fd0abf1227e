"""The OpenAPI description of the JSON API: what ninja derives from the endpoints, and what all of them share."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from jiedao.kernel.problem_documents import MEDIA_TYPE

PROBLEM = {"$ref": "#/components/schemas/Problem"}
# Answers that every address can give; a token is refused before anything else is looked at.
SHARED_ANSWERS = {
    500: "An error of the server; nothing was stored",
    503: "The database is not usable at the moment; send again after `Retry-After` seconds",
}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before sending again", "schema": {"type": "integer"}}
}


class DescribedAPI(NinjaAPI):
    """NinjaAPI whose description names the media type of refusals and short operation ids."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the name of the endpoint's function, which is unique in the API and names verb and object."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the description."""
        schema = super().get_openapi_schema(**options)
        for methods in schema["paths"].values():
            for operation in methods.values():
                _describe_answers(operation["responses"])
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
