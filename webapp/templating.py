"""Pages from templates: one Jinja environment per language, what every page knows, the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from webapp.accounts import deeds
from webapp.accounts.identity import find_person
from webapp.accounts.people import NOBODY, Person, Role
from webapp.accounts.rights import why_not
from webapp.addresses import split_address
from webapp.htmx import is_htmx
from webapp.i18n import HTML_LANG, Catalogue
from webapp.messages import Message, msg
from webapp.pages import explanations, formatting, questions, texts
from webapp.pages.form_fields import shown
from webapp.pages.notices import forget, read_notice
from webapp.pages.visitor import Visitor, visitor_of
from webapp.resources import static_url, templates_dir
from webapp.safety.storage import BANNERS, Storage
from webapp.services import services
from webapp.task_types import TASK_TYPES, task_type_of
from webapp.views import Page

_WORDS: tuple[Callable[..., object], ...] = (
    texts.mission_word,
    texts.role_word,
    texts.item_word,
    texts.attempt_word,
    explanations.explain,
    texts.note_words,
    deeds.deed_words,
    deeds.doer_words,
    deeds.is_telling,
    deeds.owner_words,
    deeds.subject_words,
    questions.ask_cancel,
    questions.ask_cancel_item,
    questions.ask_delete,
    questions.ask_give_up,
    questions.ask_resubmit,
    questions.ask_resubmit_many,
    questions.ask_retry,
)


def render(
    request: Request,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Answer with a whole page. Shows, once, the notice that an action left behind. Blocks: it asks
    for `top_of_page`, unless `context` holds `account_trouble`."""
    visitor = visitor_of(request)
    done = read_notice(request)
    page = _page_context(request, visitor) | {"done": done, "unknown_total": 0, "restored": None}
    page["swapped"] = is_htmx(request)  # it takes #page, and the navigation is outside
    if page["outside"]:
        page["account_trouble"] = None
    elif "account_trouble" not in (context or {}):
        page |= top_of_page(request)
    page |= dict(context or {})
    environment = _environment_for(request, visitor)
    response = HTMLResponse(environment.get_template(template).render(page), status)
    _describe(response, visitor, headers)
    if done is not None:
        forget(response)
    return response


def top_of_page(request: Request) -> dict[str, object]:
    """What every page says on top: what is wrong with the account, how many items are unclear.
    Blocks."""
    missions = services(request).missions
    return {
        "account_trouble": missions.account_trouble(),
        "trouble_problem": None,
        "restored": services(request).restored.pending(),
        "unknown_total": missions.unknown_total(),
    }


def trouble_changed(request: Request) -> bool:
    """Whether the page that polls shows (`trouble`) other trouble with the account than there is. One
    query: a quiet poll costs no more."""
    trouble = services(request).missions.account_trouble()
    return request.query_params.get("trouble", "") != (trouble.mark if trouble else "")


def fragment(
    request: Request,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Answer a poll with a piece of a page."""
    visitor = visitor_of(request)
    piece = _page_context(request, visitor) | dict(context or {})
    environment = _environment_for(request, visitor)
    response = HTMLResponse(environment.get_template(template).render(piece))
    _describe(response, visitor, headers)
    return response


def _describe(response: HTMLResponse, visitor: Visitor, headers: Mapping[str, str] | None) -> None:
    response.headers["Content-Language"] = HTML_LANG[visitor.language]
    response.headers["Vary"] = "Accept-Language, Cookie, HX-Request"
    response.headers.update(headers or {})


def _page_context(request: Request, visitor: Visitor) -> dict[str, object]:
    other = "en" if visitor.language == "zh" else "zh"
    person = find_person(request)
    query = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    return {
        "language": visitor.language,
        "html_lang": HTML_LANG[visitor.language],
        "other_language": other,
        "other_html_lang": HTML_LANG[other],
        "other_language_url": f"{request.url.path}?{urlencode([*query, ('lang', other)])}",
        # Between two sentences; Chinese full stops bring their own room.
        "gap": "" if visitor.language == "zh" else " ",
        "theme": visitor.theme,
        "zone": visitor.zone,
        "now": datetime.now(UTC),
        "path": request.url.path,
        # Who is not signed in is told nothing about what goes on in here.
        "outside": person is None,
        "service_away": person is not None and service_away(request),
        "storage_trouble": _banner(request) if person is not None else None,
        "demo": person is not None and request.app.state.services.settings.simulated,
        "records_url": request.app.state.services.account.records_url,
        # None for the local user too: without accounts nothing is said about them.
        "me": person if person is not None and person.id else None,
        **_rights(person or NOBODY, unknown=person is None),
    }


def _rights(person: Person, *, unknown: bool) -> dict[str, object]:
    """What a page may offer. What somebody must not press is not shown; the use cases refuse it all the
    same. Where nobody was asked for (`unknown`), as on an error page, nothing is left out of the
    navigation."""
    return {
        "maker": unknown or person.may(Role.MEMBER),
        "admin": person.may(Role.ADMIN),
        "may_change": lambda thing: person.may_change(thing.owner_id),
        "why_not": lambda thing: why_not(person, thing.owner_id, thing.owner),
    }


def _banner(request: Request) -> tuple[Message, Message] | None:
    """Title and advice while something cannot be written."""
    storage: Storage = request.app.state.services.storage
    return BANNERS.get(storage.trouble) if storage.trouble else None


def service_away(request: Request) -> bool:
    """Whether the provider has lately not answered this process, which alone submits."""
    manager = request.app.state.manager
    return bool(manager and manager.service_away)


def _environment_for(request: Request, visitor: Visitor) -> Environment:
    return environment(request.app.state.services.catalogue, visitor.language)


@lru_cache(maxsize=8)
def environment(catalogue: Catalogue, language: str) -> Environment:
    """The templates in one language. Two environments instead of a per-request language: a template
    cannot be rendered half in one and half in the other."""
    made = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(  # type: ignore[attr-defined]
        catalogue.translations(language), newstyle=True
    )
    made.globals |= {
        "static": static_url,
        "task_types": TASK_TYPES,
        "task_type_of": task_type_of,
        "with_query": with_query,
        "own_image": own_image,
        "page_numbers": page_numbers,
        "retry_price": questions.retry_price,
    }
    made.globals |= {entry.__name__: entry for entry in _WORDS}
    made.globals["item_words"] = texts.ITEM_WORDS
    _add_filters(made, catalogue, language)
    return made


def _add_filters(made: Environment, catalogue: Catalogue, language: str) -> None:
    def tr(message: Message) -> str:
        return catalogue.translate(language, message)

    def money(amount: Decimal | None, currency: str = "CNY") -> str:
        return "–" if amount is None else formatting.money(amount, currency, language)

    @pass_context
    def when(context: Context, value: datetime) -> Markup:
        now, zone = context["now"], context["zone"]
        shown = formatting.ago(value, now, zone, language)
        if shown is None and abs((now - value).total_seconds()) < 60:
            shown = tr(msg("just now"))
        return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(
            value.isoformat(timespec="seconds"),
            formatting.full_moment(value, zone, language),
            shown or formatting.moment(value, zone),
        )

    @pass_context
    def clock(context: Context, value: datetime) -> Markup:
        zone = context["zone"]
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            value.isoformat(timespec="seconds"),
            formatting.full_moment(value, zone, language),
            formatting.moment(value, zone),
        )

    made.filters |= {
        "tr": tr,
        "money": money,
        "said": lambda raw: texts.provider_words(raw, language),
        "typed": shown,
        "number": lambda value: formatting.number(value, language),
        "file_size": lambda size: formatting.file_size(size, language),
        "duration": lambda seconds: tr(formatting.duration(seconds)),
        "about": lambda seconds: tr(formatting.about(seconds)),
        "clip": formatting.clip_length,
        "when": when,
        "clock": clock,
    }


def with_query(path: str, /, **values: object) -> str:
    """A path with a query; empty values are left out, so that plain addresses stay plain."""
    query = urlencode([(key, value) for key, value in values.items() if value not in (None, "")])
    return f"{path}?{query}" if query else path


def page_numbers(page: Page[object]) -> list[int | None]:
    """The page links worth showing: the ends and the neighbours, None for a gap between them."""
    near = {1, page.pages, page.number - 1, page.number, page.number + 1}
    numbers: list[int | None] = []
    for number in sorted(number for number in near if 1 <= number <= page.pages):
        previous = numbers[-1] if numbers else None
        if previous is not None and number > previous + 1:
            numbers.append(None)
        numbers.append(number)
    return numbers


def own_image(value: str) -> str | None:
    """The path of one of our uploaded images; None for an image elsewhere, which the content security
    policy would not show."""
    path = split_address(value).path
    return path if path.startswith("/api/images/") else None
