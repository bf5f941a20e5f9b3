"""The plugin that CI runs with."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

SUITE = """
import pytest

@pytest.mark.skipif(True, reason="no browser")
def test_marked():
    pass

def test_by_itself():
    pytest.skip("no program")

@pytest.mark.xfail(reason="known")
def test_expected_to_fail():
    assert False

def test_that_runs():
    pass
"""


def test_a_skipped_test_counts_as_failed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    done = pytester.runpytest_inprocess("-p", "tests.plugins.nothing_skipped")
    done.assert_outcomes(passed=1, xfailed=1, failed=1, errors=1)
    done.stdout.fnmatch_lines(["*nothing may be skipped*no browser*"])
    done.stdout.fnmatch_lines(["*nothing may be skipped*no program*"])


def test_a_skipped_file_counts_as_failed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\npytest.skip('no library', allow_module_level=True)")
    done = pytester.runpytest_inprocess("-p", "tests.plugins.nothing_skipped")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*nothing may be skipped*no library*"])


def test_without_it_a_skip_is_a_skip(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)
    pytester.runpytest_inprocess().assert_outcomes(passed=1, xfailed=1, skipped=2)
