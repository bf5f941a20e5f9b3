"""Before anything is paid for: the reference images of a mission are here and small enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from webapp.errors import FieldError
from webapp.expansion import Expansion, refusal
from webapp.item_checks import in_row
from webapp.messages import Message, msg
from webapp.providers.base import ProviderError
from webapp.task_types import TaskField
from webapp.views import ImageView

_MB = 1024 * 1024

FindOwn = Callable[[str], ImageView | None]
"""The image of ours behind an address; None for an address of somebody else, which only the provider
can judge; raises ProviderError when the address is ours and nothing is there."""


def check_references(made: Expansion, find_own: FindOwn) -> None:
    """Raises InvalidInput that names every image that cannot be sent: in its first row, or among the
    shared parameters."""
    errors = []
    for field in made.task_type.image_fields:
        shared = {address.strip() for address in field.addresses_in(made.shared)}
        for position, address in _first_uses(made, field):
            problem = _problem(field, address, find_own)
            if problem is not None and address in shared:
                told = msg("%(field)s: %(problem)s", field=field.label, problem=problem)
                errors.append(FieldError(f"config.{field.name}", told))
            elif problem is not None:
                row = position + 1
                path = f"config.batch_input[{position}].{field.name}"
                errors.append(FieldError(path, in_row(row, problem), row))
    if errors:
        raise refusal(errors)


def _first_uses(made: Expansion, field: TaskField) -> Iterator[tuple[int, str]]:
    """Each address once, with the position of the first entry that uses it."""
    seen: set[str] = set()
    for index, params in enumerate(made.items):
        for address in field.addresses_in(params):
            if address not in seen:
                seen.add(address)
                yield index // made.repeat, address


def _problem(field: TaskField, address: str, find_own: FindOwn) -> Message | None:
    try:
        image = find_own(address)
    except ProviderError:
        return msg(
            "the image %(name)s is not here (any more). Upload it again.",
            name=address.rpartition("/")[2][:80],
        )
    if image is not None and field.max_mb and image.size > field.max_mb * _MB:
        return msg(
            "the image %(name)s has %(size)s MB as it is sent; this type takes at most %(limit)s MB.",
            name=image.original_name,
            size=f"{image.size / _MB:.1f}",
            limit=field.max_mb,
        )
    return None
