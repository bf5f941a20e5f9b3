"""A stand-alone simulator of RunningHub's v2 interface (protocol.md §1–§3, §5.7, §10).

It imports nothing of the rest of webapp and calls nobody, but for the `webhookUrl` of a submit.
Results are made up: pictures and short videos that show the prompt.

    python -m webapp.simulator --port 8765 --speed 20

    with Simulator(SimulatorConfig(speed=100.0)) as sim:
        sim.url, sim.ledger, sim.stats, sim.scenario("submit", "reset", accept=True, times=1)

Memory
    With a `state_dir` a simulator that is started again there goes on as if it had never stopped:
    tasks, their ends and links, uploads, money spent, and the port if that is still free. Settings,
    rules and counters start anew.

Keys
    Any key is good, unless `key` names the only good one; `keys` gives single keys another kind.

Pictures
    Uploads and data URIs are looked at; those at other addresses are never fetched. One over the model's
    size is refused with 1008, one that is neither JPG nor PNG with 1007. One that cannot be read, or is
    gone, fails its task with 1013.

Words in a prompt
    [fail:1501]    accepted, then FAILED with that errorCode; likewise 1505, 1504, 1015, any code
    [refuse:1011]  refused at submit with that errorCode; likewise 1520, 40310, any code
    [empty]        SUCCESS without results          [many]   five results: png, mp4, text, jpg, png
    [text]         SUCCESS with a text only         [jpg]    a JPEG instead of a PNG
    [slow]         takes four times as long         [never]  stays RUNNING for ever
    [lost]         accepted, and the connection breaks before the answer

Control calls
    GET  /_sim/ledger      every accepted submit: task_id, endpoint, body, at, key_last4, price…
    GET  /_sim/stats       counters
    GET  /_sim/scenario    the fault rules and how often they struck
    POST /_sim/scenario    add one rule, or a list of them
    POST /_sim/reset       forget tasks, uploads, money spent, rules and counters
    POST /_sim/config      change settings: speed, concurrency, balance, keys, link_hours…
    POST /_sim/advance     {"seconds": 60} lets time pass, {"finish": true} ends every task now,
                           with "match": "…" only those that have this in their prompt

Fault rules
    {"on": …, "fault": …, "match": "part of the prompt, task id, file name or key",
     "times": how often or null, "after": skip so many first, …parameters}

    on submit, query, upload, download, queue and account:
        http(status=500, body, headers)     redirect(url, status=307)    html(status=200)
        refuse(code, message)               invalid_json                 empty_body(status=200)
        reset                               hang(seconds=3600)           delay(seconds=1)
        cut(fraction=0.5 | bytes)           drip(interval_s=1, step=1)
        merge(fields) and status(word), which alter the honest JSON answer (not on download)
      `accept: true` carries the request out first and then does the fault: an ambiguous submit is
      reset, hang, http, html, invalid_json or empty_body with accept. cut, drip, delay, merge,
      status, id_and_error and length_lies alter the honest answer, so they always carry out.
    on submit also:    no_ids   id_and_error(code)
    on query also:     not_found(code="1004")
    on download also:  endless(media_type)   too_large(bytes)   length_lies(length)
    on submit (stays with the task) and on query (shown by that answer only):
        never_ends   fail(code, message)   cancel(code)   empty_results   many_results
        text_result  result_url(url)       finish         slow(factor=4), submit only
    on webhook:  none   duplicate(copies=2)   delay(seconds=30)   early   other_task(task_id)
"""

from webapp.simulator.config import KeyKind, SimulatorConfig
from webapp.simulator.server import Simulator

__all__ = ["KeyKind", "Simulator", "SimulatorConfig"]
