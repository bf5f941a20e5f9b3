"""How prompts and reference images become items: the arithmetic of the create form."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from webapp.errors import FieldError
from webapp.expansion import MAX_ITEMS
from webapp.messages import Message, msg
from webapp.task_types import TaskField

MAX_IMAGES = 1000

T = TypeVar("T")


class Pairing(StrEnum):
    """Which prompt meets which image."""

    ALL = "all"  #: every prompt with every image
    PAIR = "pair"  #: the first prompt with the first image, and so on
    TOGETHER = "together"  #: every prompt with all images at once


def combine(
    prompts: Sequence[T], images: Sequence[str], pairing: Pairing
) -> list[tuple[T, tuple[str, ...]]]:
    """Each prompt with its images, in the order in which they are made.

    Ask `combining_errors` first: counts that do not fit raise ValueError here.
    """
    if pairing is Pairing.TOGETHER:
        return [(prompt, tuple(images)) for prompt in prompts]
    if _one_to_one(pairing, len(prompts), len(images)):
        return [(prompt, (image,)) for prompt, image in zip(prompts, images, strict=True)]
    return [(prompt, (image,)) for prompt in prompts for image in images]


def combining_errors(
    prompts: int, images: int, repeat: int, pairing: Pairing, image_field: TaskField
) -> list[FieldError]:
    """Why these counts do not fit, in sentences that say what would help."""
    problem = _images_problem(prompts, images, pairing, image_field)
    if problem is not None:
        return [FieldError("images", problem)]
    alone = pairing is Pairing.TOGETHER or _one_to_one(pairing, prompts, images)
    return size_errors(prompts, 1 if alone else images, repeat)


def size_errors(prompts: int, images: int, repeat: int) -> list[FieldError]:
    """Too many items for one mission. Asked before the list is made: 1,000 images × 10,000
    prompts would fill the memory."""
    total = prompts * images * repeat
    if total <= MAX_ITEMS:
        return []
    numbers = {"total": f"{total:,}", "limit": f"{MAX_ITEMS:,}", "prompts": f"{prompts:,}"}
    if images > 1:
        problem = msg(
            "%(prompts)s prompts × %(images)s images × %(repeat)s = %(total)s items; "
            "at most %(limit)s fit in one mission.",
            images=f"{images:,}",
            repeat=repeat,
            **numbers,
        )
    elif repeat > 1:
        problem = msg(
            "%(prompts)s prompts × %(repeat)s = %(total)s items; at most %(limit)s fit in one mission.",
            repeat=repeat,
            **numbers,
        )
    else:
        problem = msg("%(prompts)s prompts; at most %(limit)s fit in one mission.", **numbers)
    return [FieldError("prompts", problem)]


def _one_to_one(pairing: Pairing, prompts: int, images: int) -> bool:
    """One prompt for all images, or one image for all prompts, is a combination either way."""
    return pairing is Pairing.PAIR and min(prompts, images) > 1


def _images_problem(
    prompts: int, images: int, pairing: Pairing, image_field: TaskField
) -> Message | None:
    if images == 0:
        return msg("Add at least one reference image.")
    if images > MAX_IMAGES:
        return msg(
            "%(count)s images; at most %(limit)s fit in one mission.",
            count=images,
            limit=MAX_IMAGES,
        )
    if pairing is Pairing.TOGETHER and images > image_field.max_items:
        return msg(
            "%(count)s images are too many for one item; at most %(limit)s can be sent together.",
            count=images,
            limit=image_field.max_items,
        )
    if _one_to_one(pairing, prompts, images) and prompts != images:
        return msg(
            "%(prompts)s prompts and %(images)s images cannot be paired one to one. Make the "
            "numbers equal, or choose “All combinations”.",
            prompts=prompts,
            images=images,
        )
    return None
