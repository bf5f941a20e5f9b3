"""Turns an outcome fault into the plan of a task."""

from dataclasses import replace

from webapp.simulator.faults import Rule
from webapp.simulator.triggers import Plan


def planned(plan: Plan, rule: Rule) -> Plan:
    """`plan` bent by `rule`; its parameters are listed in the package docstring."""
    params = rule.params
    match rule.fault:
        case "never_ends":
            return replace(plan, never=True)
        case "fail":
            code, text = str(params.get("code", "1000")), str(params.get("message", ""))
            return replace(plan, status="FAILED", code=code, text=text)
        case "cancel":
            return replace(plan, status="CANCEL", code=str(params.get("code", "")))
        case "empty_results":
            return replace(plan, results="empty")
        case "many_results":
            return replace(plan, results="many")
        case "text_result":
            return replace(plan, results="text")
        case "result_url":
            return replace(plan, url=str(params["url"]))
        case "slow":
            return replace(plan, slow=float(params.get("factor", 4.0)))
        case "finish":
            return replace(plan, slow=0.0)
    return plan
