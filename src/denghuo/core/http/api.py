"""What every API endpoint shares: the actor, the idempotency key, problem details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Protocol

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import NinjaAPI, Path
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from denghuo.core.actions import run_idempotent
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotSignedIn, TooManyRequests
from denghuo.core.http.actors import actor_of, client_ip

__all__ = ["BIGGEST_KEY", "Key", "ProblemAPI", "actor_of", "client_ip", "install_handlers", "write"]

PROBLEM = "application/problem+json"
#: The widest key a column holds: larger ones are refused, not sent to the database.
BIGGEST_KEY: Final = 2**63 - 1
#: A key in an address.
Key = Annotated[int, Path(ge=1, le=BIGGEST_KEY)]


class SupportsDump(Protocol):
    def model_dump(self, *, mode: str = ...) -> dict[str, Any]: ...


def write(
    request: HttpRequest, actor: Actor, name: str, body: SupportsDump | dict[str, Any], fn: Callable[[], Any]
) -> Any:
    """Run an external write under its ``Idempotency-Key`` header; ``fn`` returns what JSON can hold."""
    payload = body if isinstance(body, dict) else body.model_dump(mode="json")
    key = request.headers.get("Idempotency-Key") or None
    answer, replayed = run_idempotent(actor, key, name, payload, fn)
    request.idempotent_replay = replayed  # type: ignore[attr-defined]
    return answer


class ProblemAPI(NinjaAPI):
    """An API whose document says how every operation refuses: with a problem document (RFC 9457)."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        schema["components"].setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
        refusal = {
            "description": "拒绝 · refused",
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for methods in schema["paths"].values():
            for operation in methods.values():
                told = {str(status): answer for status, answer in operation["responses"].items()}
                operation["responses"] = told | {"4XX": refusal}
        return schema


PROBLEM_SCHEMA = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:denghuo:problem:invalid_input"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 499},
        "detail": {"type": "string", "description": "哪里不对、怎么改 · what is wrong and what to do"},
        "code": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "按字段 · by field",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def problem(request: HttpRequest, api: NinjaAPI, body: dict[str, Any]) -> HttpResponse:
    response = api.create_response(request, body, status=body["status"])
    response["Content-Type"] = PROBLEM
    return response


def install_handlers(api: NinjaAPI) -> None:
    """Make every refusal of ``api`` a problem document that names field and remedy."""

    def on_action_error(request: HttpRequest, error: Any) -> HttpResponse:
        response = problem(request, api, error.problem())
        if isinstance(error, TooManyRequests):
            response["Retry-After"] = str(error.retry_after)
        return response

    def on_validation_error(request: HttpRequest, error: Any) -> HttpResponse:
        return on_action_error(request, InvalidInput(_fields_of(error.errors), _("填写的内容有误，请按字段提示修改")))

    def on_authentication_error(request: HttpRequest, error: Any) -> HttpResponse:
        return on_action_error(request, NotSignedIn())

    def on_http_error(request: HttpRequest, error: Any) -> HttpResponse:
        wrapped = ActionError(str(error), code="bad_request")
        wrapped.status = error.status_code
        return on_action_error(request, wrapped)

    api.add_exception_handler(ActionError, on_action_error)
    api.add_exception_handler(ValidationError, on_validation_error)
    api.add_exception_handler(AuthenticationError, on_authentication_error)
    api.add_exception_handler(HttpError, on_http_error)


SENT_IN = {"body", "payload", "query", "path", "header", "cookie", "form", "file"}


def _fields_of(errors: list[dict[str, Any]]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for item in errors:
        place = [str(part) for part in item.get("loc", ())]
        # First comes where it was sent (and for a body the parameter's name); a field itself may be called "file".
        while len(place) > 1 and place[0] in SENT_IN:
            del place[0]
        name = ".".join(place)
        fields.setdefault("body" if name in ("", "payload") else name, []).append(_remedy(item))
    return fields


REMEDIES = {
    "missing": gettext_noop("此项必填，请补充"),
    "string_too_long": gettext_noop("内容过长，最多 {max_length} 个字符"),
    "string_too_short": gettext_noop("内容过短，至少 {min_length} 个字符"),
    "int_parsing": gettext_noop("请填写整数"),
    "int_type": gettext_noop("请填写整数"),
    "bool_parsing": gettext_noop("请填写 true 或 false"),
    "datetime_parsing": gettext_noop("请按 2026-01-31T08:30:00+08:00 的格式填写时间"),
    "datetime_from_date_parsing": gettext_noop("请按 2026-01-31T08:30:00+08:00 的格式填写时间"),
    "timezone_aware": gettext_noop("时间须带时区，如 2026-01-31T08:30:00+08:00"),
    "uuid_parsing": gettext_noop("请填写 UUID"),
    "string_type": gettext_noop("请填写文字"),
    "enum": gettext_noop("请从可选值中选择：{expected}"),
    "literal_error": gettext_noop("请从可选值中选择：{expected}"),
    "string_pattern_mismatch": gettext_noop("格式不符，请按 {pattern} 填写"),
    "greater_than_equal": gettext_noop("不得小于 {ge}"),
    "less_than_equal": gettext_noop("不得大于 {le}"),
    "json_invalid": gettext_noop("请求体不是合法的 JSON"),
    "extra_forbidden": gettext_noop("没有这一项，请删去"),
    "finite_number": gettext_noop("请填写有限的数字"),
}


def _remedy(item: dict[str, Any]) -> str:
    template = REMEDIES.get(item.get("type", ""))
    if template is None:
        return _("此项格式有误：%(reason)s") % {"reason": item.get("msg", "")}
    try:
        return _(template).format(**(item.get("ctx") or {}))
    except (KeyError, IndexError):
        return _(template)
