"""One mission in every state in which a page can show it."""

from __future__ import annotations

from tests.browser.runninghub import RunningHub
from tests.browser.site import Site
from tests.helpers.waiting import wait_until

MARK = "展品"  #: in the name of every mission
BROKE = f"{MARK}：余额不足"
_NEVER = "2099-01-01T00:00:00Z"


Form = tuple[str, dict[str, str]]
"""Where it is sent, and its fields."""


def answers_to_forms(pages: dict[str, str]) -> dict[str, Form]:
    """Pages that only a form leads to: the questions that are asked without JavaScript, and refusals.
    Nothing is changed by them."""
    unclear = pages["unclear"].rpartition("/")[2]
    template = pages["new from a template"].rpartition("=")[2]
    return {
        "question about a mission": (f"{pages['scheduled']}/cancel", {}),
        "question about an unclear item": (
            "/unknown/decide",
            {"action": "resubmit", "pick": f"{unclear}-1"},
        ),
        "question about a template": (f"/templates/{template}/delete", {}),
        "mission that is not paused": (f"{pages['busy']}/resume", {}),
        "no such action": ("/settings", {}),
        "account still broke": ("/account/resume", {}),
    }


def pages_of_all_states(site: Site, runninghub: RunningHub) -> dict[str, str]:
    """Make the missions and a template; a name for each page, and its path. Names and prompts are
    Chinese, so that English left on a page is the page's own."""
    # First, for the trouble pauses all that have something to send at that moment.
    broke = site.mission(BROKE, ["一 [refuse:605]", "二 [refuse:605]"])
    wait_until(lambda: site.show(broke)["status"] == "paused")
    busy = site.mission(f"{MARK}：进行中", ["[never] 一", "[never] 二", "三", "四 [fail:1501]"])
    paused = site.mission(f"{MARK}：已暂停", ["[never] 一", "[never] 二"])
    later = site.mission(f"{MARK}：稍后开始", ["一", "二"], scheduled_at=_NEVER)
    cancelled = site.mission(f"{MARK}：取消了", ["一", "二"], scheduled_at=_NEVER)
    site.call("POST", f"/api/api-missions/{cancelled}/cancel")
    runninghub.rule("submit", "reset", match="没有回音", accept=True, times=1)
    unclear = site.mission(f"{MARK}：不明", ["没有回音", "有回音"])
    lost = site.mission(f"{MARK}：文件丢失", ["[never] 丢失的文件"])
    task = runninghub.task_of("丢失的文件")
    runninghub.rule("download", "redirect", url="ftp://elsewhere/", match=task, times=1)
    runninghub.finish("丢失的文件")
    failed = site.mission(
        f"{MARK}：全部失败", ["一 [fail:1501]", "二 [fail:1015]", "三 [fail:1505]"]
    )
    mixed = site.mission(
        f"{MARK}：部分失败", ["[many] 一", "[text] 二", "三 [fail:1015]", "[empty] 四"]
    )
    site.wait_for(busy, processing=2, completed=1, failed=1)
    site.wait_for(paused, processing=2)
    site.call("POST", f"/api/api-missions/{paused}/pause")
    site.wait_for(unclear, unknown=1, completed=1)
    for mission_id in (failed, mixed, lost):
        site.ended(mission_id)
    template = {"name": "竖幅", "task_type": "text_to_image", "config": {"aspectRatio": "9:16"}}
    template_id = site.call("POST", "/api/api-templates", json=template)["id"]
    at = "/missions/{}".format
    return {
        "list": f"/missions?q={MARK}",
        "list filtered": f"/missions?state=attention&type=text_to_image&q={MARK}",
        "list without a hit": "/missions?q=没有这样的",
        "busy": at(busy),
        "paused": at(paused),
        "paused for money": at(broke),
        "scheduled": at(later),
        "cancelled": at(cancelled),
        "unclear": at(unclear),
        "unclear items": "/unknown",
        "unclear items of one": f"/unknown?mission={unclear}",
        "nothing unclear": f"/unknown?mission={failed}",
        "file lost": at(lost),
        "failed": at(failed),
        "partly failed": at(mixed),
        "table": f"{at(mixed)}?view=table",
        "cause": f"{at(failed)}?cause=content:1501",
        "items without a hit": f"{at(mixed)}?q=没有这样的",
        "lightbox": f"{at(mixed)}?item=1",
        "item with many results": f"{at(mixed)}/items/1",
        "item with a text": f"{at(mixed)}/items/2",
        "item failed": f"{at(failed)}/items/1",
        "item running": f"{at(busy)}/items/1",
        "item waiting": f"{at(later)}/items/1",
        "item unclear": f"{at(unclear)}/items/1",
        "item without its file": f"{at(lost)}/items/1",
        "new": "/missions/new",
        "new with images": "/missions/new?type=image_to_image",
        "new film": "/missions/new?type=image_to_video",
        "new from a mission": f"/missions/new?from={mixed}",
        "new from a template": f"/missions/new?template={template_id}",
        "templates": "/templates",
        "settings": "/settings",
        "JSON interface": "/api/docs",
        "usage": "/usage",
        "usage between two days": "/usage?period=dates",
        "usage, nothing made": "/usage?from=2001-02-03&to=2001-02-04",
        "usage without a hit": "/usage?type=image_to_video",
        "who did what": "/settings/audit",
        "who did what, without a hit": "/settings/audit?mission=999999",
        "a mission's history": f"{at(paused)}/history",
    }
