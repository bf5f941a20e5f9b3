"""A pytest plugin for machines that have everything: there a skipped test is a failed one.

    pytest -p tests.plugins.nothing_skipped

A suite that quietly skips half of itself would pass. Expected failures (xfail) stay what they are.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

_WHY = "skipped, where nothing may be skipped: "


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skips while a test runs or is set up."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Skips of whole files."""
    report = yield
    if report.skipped:
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{_WHY}{reason}"
