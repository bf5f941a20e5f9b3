"""Upload, queue status, key list and account status (protocol.md §1.7, §2, §5.7)."""

import mimetypes
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webapp.simulator import answers
from webapp.simulator.accounts import Account
from webapp.simulator.config import KeyKind
from webapp.simulator.injection import Proceed, injected
from webapp.simulator.model_routes import UNVERIFIED
from webapp.simulator.requests_in import base_url, bearer_key, json_object, world_of
from webapp.simulator.uploads import PATH

_REFUSED_KINDS = {
    KeyKind.INVALID: 401,
    KeyKind.WRONG_SITE: 401,
    KeyKind.FREE: 801,
    KeyKind.DISABLED: 802,
}


async def upload(request: Request) -> Response:
    """POST /openapi/v2/media/upload/binary: one multipart field `file`."""
    world = world_of(request)
    kind = world.account(bearer_key(request)).kind
    if kind is KeyKind.UNVERIFIED:
        return JSONResponse(UNVERIFIED, 401)
    # Read to the end before any answer: a client still sending would see a broken pipe instead.
    name, data, mime = await _sent_file(request)
    world.saw("upload")

    async def proceed() -> Response:
        if kind in _REFUSED_KINDS:
            return JSONResponse(_upload_refusal(str(_REFUSED_KINDS[kind]), ""))
        return JSONResponse(_stored(request, name, data, mime))

    rule = world.strike("upload", name)
    return await (injected(rule, proceed, _upload_refusal) if rule else proceed())


async def _sent_file(request: Request) -> tuple[str, bytes, str]:
    """Name, bytes and MIME type of the `file` field; no bytes if there is none."""
    try:
        async with request.form() as form:
            field = form.get("file")
            if not isinstance(field, UploadFile):
                return "", b"", ""
            mime = field.content_type or "application/octet-stream"
            return field.filename or "", await field.read(), mime
    except HTTPException:  # parts that cannot be told apart
        return "", b"", ""


def _stored(request: Request, name: str, data: bytes, mime: str) -> dict[str, Any]:
    world = world_of(request)
    if not data:
        return _upload_refusal("1007", "")
    if len(data) > world.config.upload_limit_mb * 2**20:
        return _upload_refusal("1008", "")
    mime = mime if mime != "application/octet-stream" else mimetypes.guess_type(name)[0] or mime
    stored = world.keep_upload(name, data, mime)
    url = base_url(request) + PATH + stored.name
    return answers.uploaded(stored.kind, url, f"openapi/{stored.name}", len(data))


def _upload_refusal(code: str, text: str) -> dict[str, Any]:
    return answers.upload_refused(int(code), text or answers.message(code))


async def queue_status(request: Request) -> Response:
    """GET /openapi/v2/queue/status; its counts are strings."""
    world = world_of(request)
    account = world.account(bearer_key(request))

    async def proceed() -> Response:
        return _of_account(account, _queue(request, account))

    return await _account_call(request, "queue", account, proceed)


def _queue(request: Request, account: Account) -> dict[str, Any]:
    world = world_of(request)
    running, queued = world.counts(account)
    return {
        "apiKeyType": account.kind.value,
        "concurrentLimit": world.config.concurrency,
        "runningCount": str(running),
        "queuedCount": str(queued),
        "totalCurrentTasks": str(running + queued),
    }


async def key_list(request: Request) -> Response:
    """GET /openapi/v2/api-key/list: the caller's own key, masked."""
    account = world_of(request).account(bearer_key(request))

    async def proceed() -> Response:
        return _of_account(account, [_key_entry(account)])

    return await _account_call(request, "account", account, proceed)


def _key_entry(account: Account) -> dict[str, Any]:
    return {
        "key": f"{account.key[:4]}****{account.key[-4:]}",
        "apiKeyName": "simulator",
        "status": 1,
        "quotaLimit": None,
        "quotaUsed": 0,
        "visible": True,
        "expireAt": None,
        "expireInMinute": None,
        "createdAt": "2026-01-01 00:00:00",
    }


async def account_status(request: Request) -> Response:
    """POST /uc/openapi/accountStatus: the key is in the body, as `apikey` in lower case.

    A published client sends another spelling but has the key in its header, so that counts too.
    """
    world = world_of(request)
    key = str((await json_object(request)).get("apikey") or bearer_key(request))
    account = world.account(key)

    async def proceed() -> Response:
        return _of_account(account, _money(account))

    return await _account_call(request, "account", account, proceed)


def _money(account: Account) -> dict[str, Any]:
    is_shared = account.kind is KeyKind.ENTERPRISE
    return {
        "remainCoins": "0",
        "currentTaskCounts": str(len(account.active)),
        "remainMoney": str(account.balance),
        "currency": "CNY",
        "apiType": "SHARED" if is_shared else "NORMAL",
    }


def _of_account(account: Account, data: object) -> Response:
    """`data` in the envelope, or what a bad key gets instead."""
    if account.kind is KeyKind.UNVERIFIED:
        return JSONResponse(UNVERIFIED, 401)
    code = _REFUSED_KINDS.get(account.kind)
    if code is not None:
        return JSONResponse(_refusal(str(code), ""))
    return JSONResponse(answers.envelope(data))


async def _account_call(
    request: Request, surface: str, account: Account, proceed: Proceed
) -> Response:
    world = world_of(request)
    world.saw(surface)
    rule = world.strike(surface, account.key)
    return await (injected(rule, proceed, _refusal) if rule else proceed())


def _refusal(code: str, text: str) -> dict[str, Any]:
    return answers.envelope(None, int(code), text or answers.message(code))
