"""Every refusal that can come has a title and advice of its own, in both languages."""

from __future__ import annotations

import pytest

from webapp.i18n import our_catalogue
from webapp.messages import Message
from webapp.pages.explanations import explain
from webapp.providers.base import NOT_SENT, ErrorClass
from webapp.providers.refusals import CODES, FULL

OURS = {
    **dict.fromkeys(NOT_SENT, ErrorClass.TRANSIENT),
    "http_503": ErrorClass.TRANSIENT,
    "http_401": ErrorClass.ACCOUNT,
    "http_403": ErrorClass.ACCOUNT,
    "key_unusable": ErrorClass.ACCOUNT,
    "http_429": ErrorClass.BUSY,
    "read_timeout": ErrorClass.AMBIGUOUS,
    "connection_lost": ErrorClass.AMBIGUOUS,
    "http_502": ErrorClass.AMBIGUOUS,
    "unreadable_answer": ErrorClass.AMBIGUOUS,
    "no_task_id": ErrorClass.AMBIGUOUS,
    "timeout": ErrorClass.AMBIGUOUS,
    "restart": ErrorClass.AMBIGUOUS,
}
ALL = {**CODES, **OURS}


def said(message: Message, language: str) -> str:
    return our_catalogue().translate(language, message)


@pytest.mark.parametrize("code", sorted(ALL))
def test_it_is_explained_in_both_languages(code: str) -> None:
    error_class = ALL[code]
    found = explain(f"{error_class.value}:{code}", code)
    assert found.title != explain("nothing we know").title
    for message in (found.title, found.advice):
        english, chinese = said(message, "en"), said(message, "zh")
        assert english and chinese and english != chinese


@pytest.mark.parametrize("code", [c for c, k in ALL.items() if k is ErrorClass.ACCOUNT])
def test_trouble_with_the_account_names_what_to_mend(code: str) -> None:
    found = explain(f"account:{code}", code)
    assert found.title != explain("account").title
    assert found.retry


@pytest.mark.parametrize("code", [c for c, k in ALL.items() if k is ErrorClass.AMBIGUOUS])
def test_what_is_unclear_says_that_it_may_be_paid(code: str) -> None:
    assert "may be paid" in said(explain(f"ambiguous:{code}", code).advice, "en")


def test_what_means_full_is_busy() -> None:
    assert {CODES[code] for code in FULL} == {ErrorClass.BUSY}
