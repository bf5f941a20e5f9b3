"""Applies a rule of the scenario to one request."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from webapp.simulator import answers
from webapp.simulator.broken import HTML_PAGE, Cut, Drip, Endless, Hang, Late, Reset
from webapp.simulator.faults import Rule

#: Does what was asked for and makes the honest answer.
Proceed = Callable[[], Awaitable[Response]]
#: Makes the body of a refusal, in the form of the surface.
Refusal = Callable[[str, str], dict[str, Any]]


async def injected(rule: Rule, proceed: Proceed, refusal: Refusal) -> Response:
    """The answer under `rule`; with `"accept": true` the request is carried out first."""
    real = await _carried_out(rule, proceed)
    if rule.fault in ("cut", "drip", "delay", "merge", "status", "id_and_error", "length_lies"):
        return await _altered(rule, real or await proceed())
    return _instead(rule, refusal)


async def _carried_out(rule: Rule, proceed: Proceed) -> Response | None:
    return await proceed() if rule.params.get("accept") else None


async def _altered(rule: Rule, real: Response) -> Response:
    """Faults that need the honest answer, so that the request has been carried out."""
    params = rule.params
    match rule.fault:
        case "cut":
            fraction = float(params.get("fraction", 0.5))
            return Cut(real, int(params.get("bytes", len(real.body) * fraction)))
        case "drip":
            return Drip(real, float(params.get("interval_s", 1.0)), int(params.get("step", 1)))
        case "delay":
            return Late(real, float(params.get("seconds", 1.0)))
        case "length_lies":
            return _lying(real, int(params.get("length", len(real.body) + 1000)))
        case "status":
            return _merged(real, {"status": str(params.get("word", "ARCHIVED"))})
        case "id_and_error":
            code = str(params.get("code", "1000"))
            fields = {"errorCode": code, "errorMessage": answers.message(code)}
            return _merged(real, fields)
    return _merged(real, dict(params.get("fields", {})))


def _lying(real: Response, length: int) -> Response:
    """Too long a length and a close before it, or a shorter one that hides the rest."""
    body = bytes(real.body)
    if length <= len(body):
        return Response(body[:length], media_type=real.media_type)
    lying = Cut(real, len(body))
    lying.headers["content-length"] = str(length)
    return lying


def _instead(rule: Rule, refusal: Refusal) -> Response:
    """Faults that answer something else, or nothing."""
    params = rule.params
    match rule.fault:
        case "http":
            return _http(int(params.get("status", 500)), params)
        case "redirect":
            location = {"location": str(params.get("url", "http://127.0.0.1:9/elsewhere"))}
            return Response(status_code=int(params.get("status", 307)), headers=location)
        case "refuse":
            code = str(params.get("code", "1000"))
            return JSONResponse(refusal(code, str(params.get("message", ""))))
        case "reset":
            return Reset()
        case "hang":
            return Hang(float(params.get("seconds", 3600.0)))
        case "html":
            return Response(HTML_PAGE, int(params.get("status", 200)), media_type="text/html")
        case "invalid_json":
            return Response('{"taskId": "20135087', media_type="application/json")
        case "empty_body":
            return Response(b"", int(params.get("status", 200)), media_type="application/json")
        case "no_ids":
            return JSONResponse(answers.task("", ""))
        case "endless":
            return Endless(params.get("media_type"))
        case "too_large":
            return Endless(params.get("media_type"), int(params.get("bytes", 300 * 2**20)))
    raise AssertionError(f"no answer for fault {rule.fault}")


def _http(status: int, params: dict[str, Any]) -> Response:
    body = params.get("body", f"HTTP {status}")
    headers = {str(name): str(value) for name, value in params.get("headers", {}).items()}
    if not isinstance(body, str):
        return JSONResponse(body, status, headers=headers)
    return Response(body, status, headers=headers, media_type="text/plain")


def _merged(real: Response, fields: dict[str, Any]) -> Response:
    return JSONResponse({**json.loads(bytes(real.body)), **fields}, real.status_code)
