"""``scripts/setup`` on machines that lack something: every message names it, twice, and the remedy."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from denghuo.config.paths import ROOT

TOOLS = ("sh", "bash", "cat", "cut", "dirname", "sha256sum", "grep", "ls")
Machine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """``machine(call, python3="script", node="script")``: run ``call`` where only these programs exist."""

    def run(call: str, **programs: str) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "bin"
        folder.mkdir()
        for tool in TOOLS:
            found = next(Path(place, tool) for place in ("/usr/bin", "/bin") if Path(place, tool).exists())
            (folder / tool).symlink_to(found)
        for name, body in programs.items():
            program = folder / name.replace("_", "-")
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)
        return subprocess.run(
            [
                str(folder / "bash"),
                "-c",
                f"set -eu; . scripts/prerequisites.sh; {call}",
            ],
            env={"PATH": str(folder), "LC_ALL": "C.UTF-8"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


ALL = "check_python; check_node; require_all; echo go"


def test_complete_machine_goes_on_without_a_word(machine: Machine) -> None:
    result = machine(ALL, python3="exit 0", node="echo v20.11.0", npm="exit 0")
    assert (result.returncode, result.stdout, result.stderr) == (0, "go\n", "")


def test_bare_machine_hears_of_everything_at_once_in_two_languages(
    machine: Machine,
) -> None:
    result = machine(ALL)
    assert result.returncode == 1
    assert "go" not in result.stdout
    for text in (
        "缺少: Python 3.11",
        "Missing: Python 3.11",
        "缺少: Node.js 20",
        "Missing: Node.js 20",
        "缺少: npm",
    ):
        assert text in result.stderr
    assert "apt-get install -y python3 python3-venv" in result.stderr
    assert "共缺 3 项" in result.stderr


def test_too_old_python_does_not_count(machine: Machine) -> None:
    result = machine(ALL, python3="exit 1", node="echo v22.1.0", npm="exit 0")
    assert result.returncode == 1
    assert "Missing: Python 3.11" in result.stderr
    assert "1 missing" in result.stderr


def test_python_without_venv_names_the_debian_package(machine: Machine) -> None:
    result = machine(
        ALL,
        python3='case "$2" in *ensurepip*) exit 1;; esac',
        node="echo v20.0.0",
        npm="exit 0",
    )
    assert result.returncode == 1
    assert "缺少: Python 的 venv 模块" in result.stderr
    assert "apt-get install -y python3-venv" in result.stderr


def test_debians_own_node_18_is_refused_with_its_version(machine: Machine) -> None:
    result = machine(ALL, python3="exit 0", node="echo v18.20.4", npm="exit 0")
    assert result.returncode == 1
    assert "Missing: Node.js 20 or newer (found 18.20.4)" in result.stderr


def test_missing_chromium_is_said_but_stops_nothing(machine: Machine) -> None:
    result = machine("warn_browser || echo without browser tests")
    assert result.returncode == 0
    assert "浏览器测试将不运行" in result.stderr
    assert "apt-get install -y chromium fonts-noto-cjk" in result.stderr
    assert result.stdout == "without browser tests\n"


def test_chromium_without_chinese_font_is_said(machine: Machine) -> None:
    result = machine("warn_browser && echo with browser tests", chromium="exit 0", fc_list="exit 0")
    assert result.stdout == "with browser tests\n"
    assert "Chinese text in browser tests and pictures will be boxes" in result.stderr


def test_setup_scripts_are_executable() -> None:
    names = (
        "scripts/setup",
        "scripts/tests",
        "scripts/check",
        "scripts/smoke",
        ".ci/run",
        "requirements/lock.sh",
    )
    assert [name for name in names if not os.access(ROOT / name, os.X_OK)] == []
