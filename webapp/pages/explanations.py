"""What the provider's errors and ours mean, in plain words, and what a person can do."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.messages import Message, msg
from webapp.views import ErrorView


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why something failed and what to do. `retry`: the very same request may work another time."""

    title: Message
    advice: Message
    retry: bool = False


_WRITE_DIFFERENTLY = msg("Change the prompt or the image, then make it again.")
_WAIT = msg("Nothing was generated. Try again in a few minutes.")
_TOP_UP = msg("Top up the RunningHub account, then press “Test and go on”.")
_CHECK_KEY = msg("Check the API key under Settings, then press “Test and go on”.")
_NEW_TRY_COSTS = msg("You can try again. A new try may cost again.")

_REFUSED_KEY = Explanation(msg("RunningHub does not accept the API key"), _CHECK_KEY, retry=True)
_OWN_PROBLEM = Explanation(msg("RunningHub had a problem of its own"), _WAIT, retry=True)
_FULL = Explanation(msg("RunningHub was full"), _WAIT, retry=True)
_TOO_FAST = Explanation(msg("Too many requests to RunningHub"), _WAIT, retry=True)
_NOT_OFFERED = Explanation(
    msg("RunningHub does not offer this at this address"),
    msg(
        "Check RUNNINGHUB_BASE_URL: runninghub.cn and runninghub.ai do not offer the same. Else use "
        "another task type."
    ),
)
_MEMBERSHIP = Explanation(
    msg("The RunningHub membership does not cover this"),
    msg("Renew or extend it at RunningHub, then press “Test and go on”."),
    retry=True,
)

_BY_CODE: dict[str, Explanation] = {
    **dict.fromkeys(("-1", "401", "403", "1002", "http_401", "http_403"), _REFUSED_KEY),
    "key_unusable": Explanation(
        msg("The API key holds characters that no key has"), _CHECK_KEY, retry=True
    ),
    **dict.fromkeys(("435", "436"), _MEMBERSHIP),
    **dict.fromkeys(("421", "415", "814"), _FULL),
    **dict.fromkeys(("1003", "1520", "429", "http_429"), _TOO_FAST),
    **dict.fromkeys(("500", "808", "1005", "1010", "1012", "http_503"), _OWN_PROBLEM),
    **dict.fromkeys(("380", "412", "901", "1001", "1009"), _NOT_OFFERED),
    "1501": Explanation(msg("Refused by the content check"), _WRITE_DIFFERENTLY),
    "1505": Explanation(
        msg("Pictures of real people are not allowed"),
        msg("Use a prompt or an image without photorealistic people."),
    ),
    "301": Explanation(
        msg("A parameter is missing or wrong"),
        msg("Make a new mission with corrected parameters."),
    ),
    "433": Explanation(
        msg("RunningHub refused the parameters"),
        msg("Make a new mission with corrected parameters."),
    ),
    "803": Explanation(
        msg("The parameters do not fit this app"),
        msg("Make a new mission with corrected parameters."),
    ),
    "1007": Explanation(
        msg("A parameter is not valid"),
        msg("Look at RunningHub’s words, correct the value, and make it again."),
    ),
    "809": Explanation(msg("The image file is too large"), msg("Use a smaller image.")),
    "1008": Explanation(msg("The image file is too large"), msg("Use a smaller image.")),
    "1013": Explanation(
        msg("RunningHub could not read the image"),
        msg("Check that the image opens, upload it again, and make the item again."),
    ),
    "40310": Explanation(
        msg("This model was withdrawn"),
        msg("Use another task type, or ask RunningHub."),
    ),
    "414": Explanation(msg("RunningHub credit is used up"), _TOP_UP, retry=True),
    "416": Explanation(msg("The RunningHub wallet is empty"), _TOP_UP, retry=True),
    "605": Explanation(msg("The RunningHub balance is too low"), _TOP_UP, retry=True),
    "812": Explanation(msg("The company’s RunningHub balance is empty"), _TOP_UP, retry=True),
    "801": Explanation(
        msg("This account may not use the API"),
        msg("A free account has no API access. Use a key of a paid account."),
        retry=True,
    ),
    "802": Explanation(msg("The API key is switched off or expired"), _CHECK_KEY, retry=True),
    "806": Explanation(msg("The owner of the API key is unknown"), _CHECK_KEY, retry=True),
    "811": Explanation(msg("The company API key is not valid"), _CHECK_KEY, retry=True),
    "1014": Explanation(
        msg("This kind of API key may not use these models"),
        msg("RunningHub wants an Enterprise-Shared key for them. Settings shows how to set one."),
        retry=True,
    ),
    "1004": Explanation(
        msg("RunningHub no longer knows the task"),
        msg("Look into the RunningHub console first: the task may have been paid for."),
        retry=True,
    ),
    "1006": Explanation(msg("RunningHub took too long"), _NEW_TRY_COSTS, retry=True),
    "1504": Explanation(msg("The model took too long"), _NEW_TRY_COSTS, retry=True),
    "1015": Explanation(msg("The generation failed"), _NEW_TRY_COSTS, retry=True),
}

_CHECK_IMAGE = msg("Upload the image again, then make the item again.")
_CHECK_NETWORK = msg("Check this machine’s connection to the internet, then try again.")
_LOOK_THERE = msg("Look into the RunningHub console for the file.")

# Words of ours, `class:code`.
_BY_CAUSE: dict[str, Explanation] = {
    "input:image_missing": Explanation(
        msg("The reference image is not here any more"), _CHECK_IMAGE
    ),
    "input:file_unreadable": Explanation(msg("The reference image cannot be read"), _CHECK_IMAGE),
    "input:task_type_gone": Explanation(
        msg("This task type is not offered any more"),
        msg("Make a new mission with another task type."),
    ),
    "transient:dns_failed": Explanation(
        msg("The address of RunningHub was not found"), _CHECK_NETWORK, retry=True
    ),
    "transient:tls_failed": Explanation(
        msg("No safe connection to RunningHub"), _CHECK_NETWORK, retry=True
    ),
    "failed:no_result": Explanation(
        msg("RunningHub finished but gave no result"), _NEW_TRY_COSTS, retry=True
    ),
    "failed:cancelled": Explanation(
        msg("Cancelled at RunningHub"), msg("Somebody stopped the task there."), retry=True
    ),
    "ambiguous:timeout": Explanation(
        msg("No end after the longest time that we wait"),
        msg(
            "It may still be running and may be paid for. It is asked about for a day, and a late "
            "result is taken."
        ),
    ),
    "ambiguous:restored": Explanation(
        msg("The database was restored from a backup"),
        msg(
            "It may have been sent and paid for after the backup. Look into RunningHub’s call "
            "records."
        ),
    ),
    "ambiguous:connection_lost": Explanation(
        msg("The connection broke before RunningHub answered"),
        msg("It may be running and may be paid for. Look into the RunningHub console."),
    ),
    "ambiguous:read_timeout": Explanation(
        msg("RunningHub did not answer in time"),
        msg("It may be running and may be paid for. Look into the RunningHub console."),
    ),
    "ambiguous:restart": Explanation(
        msg("The program was stopped while this was being sent"),
        msg("It may be running and may be paid for. Look into the RunningHub console."),
    ),
}

_BY_CLASS: dict[str, Explanation] = {
    "busy": Explanation(msg("RunningHub was busy"), _WAIT, retry=True),
    "transient": Explanation(msg("RunningHub could not be reached"), _WAIT, retry=True),
    "content": Explanation(msg("Refused by the content check"), _WRITE_DIFFERENTLY),
    "input": Explanation(
        msg("RunningHub refused the parameters"),
        msg("Look at RunningHub’s words, correct the value, and make it again."),
    ),
    "account": Explanation(msg("Something is wrong with the account"), _CHECK_KEY, retry=True),
    "breaker": Explanation(
        msg("Too many items failed"), msg("See the causes below. Resume goes on with the rest.")
    ),
    "restored": Explanation(
        msg("The database was restored from a backup"),
        msg(
            "Some of this may have been paid for since. Look into RunningHub’s call records before "
            "you press Resume."
        ),
    ),
    "lost": Explanation(
        msg("RunningHub no longer knows the task"),
        msg("Look into the RunningHub console first: the task may have been paid for."),
        retry=True,
    ),
    "failed": Explanation(msg("The generation failed"), _NEW_TRY_COSTS, retry=True),
    "ambiguous": Explanation(
        msg("We sent the task and never got an answer"),
        msg("It may be running and may be paid for. Look into the RunningHub console."),
    ),
    "file_network": Explanation(
        msg("The download broke off"), msg("Downloading again costs nothing."), retry=True
    ),
    "file_gone": Explanation(msg("RunningHub no longer has the file"), _LOOK_THERE, retry=True),
    "file_type": Explanation(
        msg("The link gave something else than a file"), _LOOK_THERE, retry=True
    ),
    "file_size": Explanation(msg("The file is larger than we take"), _LOOK_THERE),
    "file_address": Explanation(msg("The link leads to a place that is not allowed"), _LOOK_THERE),
    "file_disk": Explanation(
        msg("There is no room on this machine’s disk"),
        msg("Free some space, then download again. That costs nothing."),
        retry=True,
    ),
}

_OTHERWISE = Explanation(msg("Something went wrong"), _NEW_TRY_COSTS, retry=True)


def explain(cause: str, code: str = "") -> Explanation:
    """The plain words for a cause: by the provider's code where we know it, else by its class."""
    error_class, _, tail = cause.partition(":")
    code = code or tail
    return (
        _BY_CAUSE.get(f"{error_class}:{code}")
        or _BY_CODE.get(code)
        or _BY_CLASS.get(error_class)
        or _OTHERWISE
    )


def explain_error(error: ErrorView) -> Explanation:
    """The plain words for what is stored with an item, a file or a mission."""
    return explain(error.cause, error.code)
