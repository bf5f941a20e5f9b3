"""The bodies as they are on the wire (protocol.md §1, §2, §5.7, §6).

Submit, query and price-preview have no envelope; upload and the account calls have one.
"""

from typing import Any

MESSAGES = {
    "401": "ApiKey verification failed: API Key不存在",
    "416": "TASK_CREATE_FAILED_BY_NOT_ENOUGH_WALLET",
    "421": "api queue limit reached, please retry later | API 并发数已达上线，请降低并发或稍后重试",
    "423": "TASK_NOT_FOUNED",
    "605": "Your balance is insufficient | 您的余额不足，请充值",
    "801": "APIKEY_UNSUPPORTED_FREE_USER",
    "802": "APIKEY_UNAUTHORIZED",
    "805": "APIKEY_TASK_STATUS_ERROR",
    "807": "APIKEY_TASK_NOT_FOUND",
    "811": "CORPAPIKEY_INVALID",
    "812": "CORPAPIKEY_INSUFFICIENT_FUNDS",
    "1000": "Unknown error, please retry or contact support | 未知错误，请重试或联系客服",
    "1001": "Invalid URL, please check your link | 无效的URL，请检查您的链接",
    "1002": "Invalid API Key, please check your credentials | 无效的API Key，请检查您的凭证",
    "1003": "Rate limit exceeded, please slow down requests | 请求频率超限，请降低请求频率",
    "1004": "Task not found, please check the task ID | 任务不存在或已过期，请检查任务ID",
    "1005": "Internal server error, please retry later | 服务器内部错误，请稍后重试",
    "1006": "Task execution timed out, please retry | 任务执行超时，请重试",
    "1007": "Invalid parameters, please check your input | 参数无效，请检查您的输入",
    "1008": "File size limit exceeded | 文件大小超出限制",
    "1009": "HTTP method not supported | 不支持的HTTP方法",
    "1010": "Service unavailable, please retry later | 服务不可用，请稍后重试",
    "1011": "System is currently busy, please retry later | 系统繁忙，请稍后重试",
    "1012": "Service response exception, please contact support or retry later"
    " | 服务响应异常，请联系客服或稍后重试",
    "1013": "File processing failed, please check the URL or retry | 文件处理失败，请检查URL或重试",
    "1014": "Access Denied: Standard Model API is restricted to Enterprise-Shared API Keys only."
    " | 访问被拒绝：标准模型API仅限企业级共享API Key使用",
    "1015": "Generation failed, please try again. | 生成失败，请重试",
    "1501": "Content verification failed, please modify your prompt or images"
    " | 内容审核未通过，请修改提示词或图片",
    "1504": "Model timed out, please retry later | 模型超时，请稍后重试",
    "1505": "Photorealistic real people are prohibited, please modify your prompt or image"
    " | 禁止生成真实人物，请修改提示词或图片",
    "1520": "Too many requests on this model, please retry later | 模型并发受限，请稍后重试",
    "40310": "This model is not available on this site, please use runninghub.ai"
    " | 该模型已在本站下线，请使用 runninghub.ai",
}


def message(code: str) -> str:
    """The text the platform sends with `code`; the one of 1000 for a code not in the table."""
    return MESSAGES.get(code, MESSAGES["1000"])


def accepted(state: dict[str, Any], client_id: str) -> dict[str, Any]:
    """The answer to an accepted submit: how a query would show the task, and two keys more."""
    return {
        **state,
        "clientId": client_id,
        "promptTips": '{"result": true, "error": null, "outputs_to_execute": ["4"],'
        ' "node_errors": {}}',
    }


def refused(code: str, text: str = "") -> dict[str, Any]:
    """The answer to a refused submit: HTTP 200, no taskId, no status."""
    return {
        **task("", ""),
        "errorCode": code,
        "errorMessage": text or message(code),
        "parentTaskId": None,
        "taskUsageList": None,
    }


def task(task_id: str, status: str) -> dict[str, Any]:
    """The bare task object that every submit and query answer is built from."""
    return {
        "taskId": task_id,
        "status": status,
        "errorCode": "",
        "errorMessage": "",
        "failedReason": {},
        "usage": None,
        "results": None,
        "clientId": "",
        "promptTips": "",
    }


def succeeded(task_id: str, results: list[dict[str, Any]], price: str) -> dict[str, Any]:
    """The query answer of a task that ended well."""
    return {**task(task_id, "SUCCESS"), "usage": usage(price), "results": results}


def failed(
    task_id: str, status: str, code: str, text: str = "", price: str | None = None
) -> dict[str, Any]:
    """The query answer of a task that ended FAILED or CANCEL."""
    return {
        **task(task_id, status),
        "errorCode": code,
        "errorMessage": (text or message(code)) if code else "",
        "usage": usage(price),
    }


def unknown_task(asked: str, code: str = "1004", text: str = "") -> dict[str, Any]:
    """The query answer for a task that is unknown, expired or badly named: empty status."""
    return {
        "taskId": asked,
        "status": "",
        "errorCode": code,
        "errorMessage": text or message(code),
        "results": None,
        "failedReason": {},
        "usage": None,
    }


def usage(price: str | None) -> dict[str, str | None]:
    """Strings or null; a model call costs `thirdPartyConsumeMoney` and no machine time."""
    return {
        "consumeMoney": None,
        "consumeCoins": None,
        "taskCostTime": "0",
        "thirdPartyConsumeMoney": price,
    }


def uploaded(kind: str, url: str, name: str, size: int) -> dict[str, Any]:
    """The upload answer; its text is called `message`, and `size` is a string."""
    return {
        "code": 0,
        "message": "success",
        "data": {"type": kind, "download_url": url, "fileName": name, "size": str(size)},
    }


def upload_refused(code: int, text: str) -> dict[str, Any]:
    """An upload that was turned down; HTTP 200 as well."""
    return {"code": code, "message": text, "data": None}


def envelope(data: object, code: int = 0, text: str = "success") -> dict[str, Any]:
    """The account calls' wrapper; its text is called `msg`."""
    return {"code": code, "msg": text, "data": data}
