"""Submit, query and price-preview (protocol.md §1.2, §1.3, §1.7)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from webapp.simulator import answers
from webapp.simulator.config import KeyKind
from webapp.simulator.faults import OUTCOME_FAULTS, Rule
from webapp.simulator.injection import injected
from webapp.simulator.outcomes import planned
from webapp.simulator.requests_in import base_url, bearer_key, json_object, world_of
from webapp.simulator.tasks import Task
from webapp.simulator.triggers import Plan, answer_lost
from webapp.simulator.webhooks import Webhooks
from webapp.simulator.world import Refused

UNVERIFIED = {"code": -1, "msg": "ApiKey verification failed"}

_QUERY_REFUSALS = {
    KeyKind.INVALID: "1002",
    KeyKind.WRONG_SITE: "401",
    KeyKind.FREE: "801",
    KeyKind.DISABLED: "802",
}
_LONGEST_ID = 19


class Submit:
    """POST /openapi/v2/{endpoint}, as an ASGI app: open until the last byte of its answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with world_of(request).stats.open_submit():
            response = await submit(request)
            await response(scope, receive, send)


_LOST = Rule("submit", "reset", params={"accept": True})


async def submit(request: Request) -> Response:
    """Refuse or accept one call, unless the scenario has other plans."""
    world = world_of(request)
    if request.method != "POST":
        return JSONResponse(answers.refused("1009"))
    if world.account(bearer_key(request)).kind is KeyKind.UNVERIFIED:
        return JSONResponse(UNVERIFIED, 401)
    body = await json_object(request)
    world.saw("submit")
    prompt = str(body.get("prompt", ""))
    rule = world.strike("submit", prompt) or (_LOST if answer_lost(prompt) else None)

    async def proceed() -> Response:
        return await _accept(request, body, rule)

    if rule is None or rule.fault in OUTCOME_FAULTS:
        return await proceed()
    return await injected(rule, proceed, answers.refused)


async def _accept(request: Request, body: dict[str, Any], rule: Rule | None) -> Response:
    world = world_of(request)
    endpoint = request.path_params["endpoint"]
    try:
        task = world.submit(bearer_key(request), endpoint, body, base_url(request), rule)
    except Refused as refusal:
        return JSONResponse(answers.refused(refusal.code, refusal.text))
    webhooks: Webhooks = request.app.state.webhooks
    await webhooks.expect(task)
    return JSONResponse(answers.accepted(task.answer(world.clock.now()), task.client_id))


async def query(request: Request) -> Response:
    """How a task is doing; terminal answers carry results or the reason."""
    world = world_of(request)
    if world.account(bearer_key(request)).kind is KeyKind.UNVERIFIED:
        return JSONResponse(UNVERIFIED, 401)
    body = await json_object(request)
    world.saw("query")
    named = body.get("taskId")
    asked = "" if named is None else str(named)
    task = world.find_task(asked)
    if task is not None:
        task.questions += 1
    rule = world.strike("query", asked, task.prompt if task else "")

    async def proceed() -> Response:
        return JSONResponse(_state_of(request, asked, task))

    if rule is None:
        return await proceed()
    if rule.fault == "not_found":
        return JSONResponse(answers.unknown_task(asked, str(rule.params.get("code", "1004"))))
    if rule.fault in OUTCOME_FAULTS:
        return JSONResponse(_bent_state(request, asked, task, rule))
    return await injected(rule, proceed, lambda code, text: answers.unknown_task(asked, code, text))


def _state_of(request: Request, asked: str, task: Task | None) -> dict[str, Any]:
    world = world_of(request)
    refusal = _QUERY_REFUSALS.get(world.account(bearer_key(request)).kind)
    if refusal:
        return answers.unknown_task(asked, refusal)
    if not asked:
        return answers.unknown_task(asked, "1007", "taskId must not be null")
    is_number = asked.isascii() and asked.isdecimal() and len(asked) <= _LONGEST_ID
    if not is_number or int(asked) <= 0:
        return answers.unknown_task(asked, "1007", "must be greater than 0")
    if task is None:
        return answers.unknown_task(asked)
    return task.answer(world.clock.now())


def _bent_state(request: Request, asked: str, task: Task | None, rule: Rule) -> dict[str, Any]:
    if task is None:
        return _state_of(request, asked, None)
    now = world_of(request).clock.now()
    # The answer is about an end, whatever the task's own plan was, except for the two faults
    # that only bend that plan.
    plan = task.plan if rule.fault in ("finish", "result_url") else Plan()
    return task.showing(planned(plan, rule), now).answer(now)


async def price_preview(request: Request) -> Response:
    """What a call would cost; the same checks as a submit, without making a task."""
    world = world_of(request)
    if world.account(bearer_key(request)).kind is KeyKind.UNVERIFIED:
        return JSONResponse(UNVERIFIED, 401)
    endpoint, body = request.path_params["endpoint"], await json_object(request)
    try:
        model = world.check(bearer_key(request), endpoint, body)
    except Refused as refusal:
        text = refusal.text or answers.message(refusal.code)
        return JSONResponse({"errorCode": refusal.code, "errorMessage": text})
    return JSONResponse(_price(float(model.price_of(body))))


def _price(price: float) -> dict[str, Any]:
    return {
        "errorCode": "",
        "errorMessage": "",
        "estimatedPrice": price,
        "currency": "CNY",
        "priceText": f"¥{price:g}/次",
        "priceTextEn": f"¥{price:g}/call",
        "freeLimit": False,
        "freeLimitCount": 0,
        "remainingFreeLimitCount": 0,
        "isFreeThisCall": False,
    }
