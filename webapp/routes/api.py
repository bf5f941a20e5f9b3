"""The table of the JSON interface's operations (design.md §7, docs/json-interface.md): the routes and the
OpenAPI document are both made from it. A new call is one more entry."""

from __future__ import annotations

from starlette.routing import BaseRoute

from webapp.accounts.people import Role
from webapp.api.api_requests import (
    CreateHeaders,
    ItemsQuery,
    MissionsQuery,
    NoOptions,
    ResolveBody,
    RetryBody,
    RetryItemBody,
    TemplatesQuery,
    UnknownQuery,
    UploadForm,
    UsageQuery,
    ZipQuery,
)
from webapp.api.json_shapes import (
    CancelledCount,
    Deleted,
    HealthOut,
    ImageOut,
    ItemOut,
    MissionDetail,
    MissionMade,
    MissionPage,
    MissionPlan,
    MissionRow,
    QueueOut,
    RefetchCount,
    ResumedCount,
    RetryCount,
    TaskTypeList,
    TemplateList,
    TemplateOut,
    UnknownPage,
)
from webapp.api.operations import Operation
from webapp.api.usage_shapes import UsageOut
from webapp.messages import msg
from webapp.mission_requests import ChangeBody, MissionBody, TemplateBody
from webapp.routes import (
    api_items,
    api_misc,
    api_missions,
    api_templates,
    api_uploads,
    api_usage,
    media,
)
from webapp.routes.convertors import register
from webapp.server.body_limit import MB, body_limit

register()

_MISSIONS = "/api/api-missions"
_MISSION = _MISSIONS + "/{mission_id:id}"
_ITEM = _MISSION + "/items/{item_index:id}"
_TEMPLATES = "/api/api-templates"
_TEMPLATE = _TEMPLATES + "/{template_id:id}"

# 10,000 prompts in one call. That many of the longest do not fit; such a mission can be split.
_MISSION_BODY = body_limit(64 * MB)
_UPLOAD_BODY = body_limit(api_uploads.upload_limit)

_OF_MISSIONS = msg("Missions")
_OF_ITEMS = msg("Items")
_OF_IMAGES = msg("Reference images")
_OF_TEMPLATES = msg("Templates")
REST = msg("The rest")

_A_MISSION = {
    "name": "Autumn",
    "task_type": "text_to_image",
    "config": {
        "aspectRatio": "3:4",
        "batch_input": ["a red fox", {"prompt": "a grey owl", "aspectRatio": "1:1"}],
    },
}
_A_TEMPLATE = {
    "name": "Tall posters",
    "description": "for the shop",
    "task_type": "text_to_image",
    "config": {"aspectRatio": "9:16"},
}

_missions = (
    Operation(
        method="GET",
        path=_MISSIONS,
        endpoint=api_missions.list_missions,
        group=_OF_MISSIONS,
        summary=msg("List missions"),
        detail=msg("Newest first."),
        query=MissionsQuery,
        answer=MissionPage,
    ),
    Operation(
        method="POST",
        path=_MISSIONS,
        endpoint=api_missions.create_mission,
        group=_OF_MISSIONS,
        summary=msg("Make a mission and start it"),
        detail=msg("All entries are checked before anything is stored; up to 10,000 items fit."),
        role=Role.MEMBER,
        headers=CreateHeaders,
        body=MissionBody,
        body_required=True,
        example=_A_MISSION,
        answer=MissionMade,
        errors=(409,),
        middleware=_MISSION_BODY,
    ),
    Operation(
        method="POST",
        path=_MISSIONS + "/preview",
        endpoint=api_missions.preview_mission,
        group=_OF_MISSIONS,
        summary=msg("What would be made, and the list price"),
        detail=msg(
            "The body is that of the call that makes it, and so are the errors; nothing is made."
        ),
        role=Role.MEMBER,
        body=MissionBody,
        body_required=True,
        example=_A_MISSION,
        answer=MissionPlan,
        middleware=_MISSION_BODY,
    ),
    Operation(
        method="GET",
        path=_MISSION,
        endpoint=api_missions.show_mission,
        group=_OF_MISSIONS,
        summary=msg("Show a mission and its items"),
        detail=msg("With page or page_size one page of items, else all of them."),
        query=ItemsQuery,
        answer=MissionDetail,
    ),
    Operation(
        method="PATCH",
        path=_MISSION,
        endpoint=api_missions.change_mission,
        group=_OF_MISSIONS,
        summary=msg("Give a mission another name or description"),
        detail=msg("What is left out stays."),
        role=Role.MEMBER,
        body=ChangeBody,
        body_required=True,
        example={"name": "Autumn, second try"},
        answer=MissionRow,
    ),
    Operation(
        method="DELETE",
        path=_MISSION,
        endpoint=api_missions.delete_mission,
        group=_OF_MISSIONS,
        summary=msg("Delete a mission"),
        detail=msg(
            "Takes it out of every list and cancels what waits. The record of what was paid is kept."
        ),
        role=Role.MEMBER,
        body=NoOptions,
        answer=Deleted,
    ),
    Operation(
        method="POST",
        path=_MISSION + "/cancel",
        endpoint=api_missions.cancel_mission,
        group=_OF_MISSIONS,
        summary=msg("Cancel what still waits"),
        detail=msg("What was sent is paid for, so it finishes and keeps its results."),
        role=Role.MEMBER,
        body=NoOptions,
        answer=CancelledCount,
        errors=(409,),
    ),
    Operation(
        method="POST",
        path=_MISSION + "/pause",
        endpoint=api_missions.pause_mission,
        group=_OF_MISSIONS,
        summary=msg("Pause a mission"),
        detail=msg("Submits no more; what was sent goes on."),
        role=Role.MEMBER,
        body=NoOptions,
        answer=MissionRow,
        errors=(409,),
    ),
    Operation(
        method="POST",
        path=_MISSION + "/resume",
        endpoint=api_missions.resume_mission,
        group=_OF_MISSIONS,
        summary=msg("Go on with a mission"),
        detail=msg("After a pause, or after too many failures have stopped it."),
        role=Role.MEMBER,
        body=NoOptions,
        answer=MissionRow,
        errors=(409,),
    ),
    Operation(
        method="POST",
        path=_MISSION + "/retry",
        endpoint=api_missions.retry_mission,
        group=_OF_MISSIONS,
        summary=msg("Try failed items again"),
        detail=msg(
            "It may cost again. Without a body all of them. Cancelled items only when they are "
            "chosen, unknown ones never."
        ),
        role=Role.MEMBER,
        body=RetryBody,
        example={"cause": "content:1501"},
        answer=RetryCount,
    ),
    Operation(
        method="POST",
        path=_MISSION + "/refetch",
        endpoint=api_missions.refetch_mission,
        group=_OF_MISSIONS,
        summary=msg("Download failed files again"),
        detail=msg("Never a new generation: it costs nothing."),
        role=Role.MEMBER,
        body=NoOptions,
        answer=RefetchCount,
    ),
    Operation(
        method="GET",
        path=_MISSION + "/download",
        endpoint=media.mission_zip,
        group=_OF_MISSIONS,
        summary=msg("Download all results"),
        detail=msg("A zip with a manifest, made while it is sent."),
        query=ZipQuery,
        media_types=("application/zip",),
    ),
)

_items = (
    Operation(
        method="POST",
        path=_ITEM + "/retry",
        endpoint=api_items.retry_item,
        group=_OF_ITEMS,
        summary=msg("Try one item again"),
        detail=msg("It may cost again. An unknown item may be paid for already: it needs confirm."),
        role=Role.MEMBER,
        body=RetryItemBody,
        answer=ItemOut,
        errors=(409,),
    ),
    Operation(
        method="POST",
        path=_ITEM + "/cancel",
        endpoint=api_items.cancel_item,
        group=_OF_ITEMS,
        summary=msg("Cancel one item"),
        detail=msg("Only while it waits: what was sent is paid for and finishes."),
        role=Role.MEMBER,
        body=NoOptions,
        answer=ItemOut,
        errors=(409,),
    ),
    Operation(
        method="POST",
        path=_ITEM + "/refetch",
        endpoint=api_items.refetch_item,
        group=_OF_ITEMS,
        summary=msg("Download one item’s failed files again"),
        detail=msg("Never a new generation: it costs nothing."),
        role=Role.MEMBER,
        body=NoOptions,
        answer=ItemOut,
    ),
    Operation(
        method="POST",
        path=_ITEM + "/resolve",
        endpoint=api_items.resolve_item,
        group=_OF_ITEMS,
        summary=msg("Decide about an unknown item"),
        detail=msg(
            "It was sent, but no answer came. Look into the call records in RunningHub’s console."
        ),
        role=Role.MEMBER,
        body=ResolveBody,
        body_required=True,
        example={"action": "attach", "runninghub_task_id": "2124457605647564800"},
        answer=ItemOut,
        errors=(409,),
    ),
    Operation(
        method="GET",
        path="/api/unknown-items",
        endpoint=api_items.list_unknown,
        group=_OF_ITEMS,
        summary=msg("List unknown items of all missions"),
        detail=msg(
            "Those that were sent and never answered, newest first, with what is known about each."
        ),
        query=UnknownQuery,
        answer=UnknownPage,
    ),
)

_images = (
    Operation(
        method="POST",
        path="/api/upload-image",
        endpoint=api_uploads.upload_image,
        group=_OF_IMAGES,
        summary=msg("Upload a reference image"),
        detail=msg(
            "It goes to RunningHub when an item needs it for the first time. Images may also be "
            "public addresses; those need no upload."
        ),
        role=Role.MEMBER,
        body=UploadForm,
        body_required=True,
        form=True,
        answer=ImageOut,
        middleware=_UPLOAD_BODY,
    ),
    Operation(
        method="GET",
        path="/api/images/{filename}",
        endpoint=media.reference_image,
        group=_OF_IMAGES,
        summary=msg("Fetch a reference image"),
        media_types=("image/jpeg", "image/png", "image/webp"),
        route_name="reference_image",
    ),
)

_templates = (
    Operation(
        method="GET",
        path=_TEMPLATES,
        endpoint=api_templates.list_templates,
        group=_OF_TEMPLATES,
        summary=msg("List templates"),
        query=TemplatesQuery,
        answer=TemplateList,
    ),
    Operation(
        method="POST",
        path=_TEMPLATES,
        endpoint=api_templates.create_template,
        group=_OF_TEMPLATES,
        summary=msg("Make a template"),
        detail=msg("A task type with saved parameters."),
        role=Role.MEMBER,
        body=TemplateBody,
        body_required=True,
        example=_A_TEMPLATE,
        answer=TemplateOut,
    ),
    Operation(
        method="GET",
        path=_TEMPLATE,
        endpoint=api_templates.show_template,
        group=_OF_TEMPLATES,
        summary=msg("Show a template"),
        answer=TemplateOut,
    ),
    Operation(
        method="PUT",
        path=_TEMPLATE,
        endpoint=api_templates.update_template,
        group=_OF_TEMPLATES,
        summary=msg("Replace a template"),
        role=Role.MEMBER,
        body=TemplateBody,
        body_required=True,
        example=_A_TEMPLATE,
        answer=TemplateOut,
    ),
    Operation(
        method="DELETE",
        path=_TEMPLATE,
        endpoint=api_templates.delete_template,
        group=_OF_TEMPLATES,
        summary=msg("Delete a template"),
        detail=msg("Missions made from it stay as they are."),
        role=Role.MEMBER,
        body=NoOptions,
        answer=Deleted,
    ),
)

_rest = (
    Operation(
        method="GET",
        path="/api/task-types",
        endpoint=api_misc.list_task_types,
        group=REST,
        summary=msg("What can be made, and with which parameters"),
        answer=TaskTypeList,
    ),
    Operation(
        method="POST",
        path="/api/account/resume",
        endpoint=api_misc.resume_after_trouble,
        group=REST,
        summary=msg("Test the account, and go on"),
        detail=msg(
            "After trouble with the money or the key: asks two free questions, and when the key works "
            "and there is money, goes on with every mission that was paused because of it."
        ),
        role=Role.ADMIN,
        body=NoOptions,
        answer=ResumedCount,
        errors=(409,),
    ),
    Operation(
        method="GET",
        path="/api/queue",
        endpoint=api_misc.show_queue,
        group=REST,
        summary=msg("How busy the whole program is"),
        answer=QueueOut,
    ),
    Operation(
        method="GET",
        path="/api/usage",
        endpoint=api_usage.show_usage,
        group=REST,
        summary=msg("What was made, and what it cost"),
        detail=msg(
            "From the record of every try, which also has those of deleted missions. An item counts "
            "once, by the last of its tries that ended in these days."
        ),
        query=UsageQuery,
        answer=UsageOut,
    ),
    Operation(
        method="GET",
        path="/health",
        endpoint=api_misc.show_health,
        group=REST,
        summary=msg("For a monitor"),
        detail=msg("503 when the database does not answer."),
        role=None,
        answer=HealthOut,
        enveloped=False,
        same_on=(503,),
    ),
)

OPERATIONS = (*_missions, *_items, *_images, *_templates, *_rest)

routes: list[BaseRoute] = [operation.route() for operation in OPERATIONS]
