"""Compiled code kept on disk is used again, but never after a change of what it was made from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HELPER = "from denghuo.engine.routing.jit import compiled_with\nfrom pathlib import Path\nkernel = compiled_with(Path(__file__).parent)\n"
CALLED = HELPER + "@kernel\ndef called():\n    return {value}\n"
CALLER = HELPER + "from called import called\n@kernel\ndef caller():\n    return called()\n"
PROGRAM = "import caller; print(caller.caller(), sum(caller.caller.stats.cache_hits.values()))"


def run(folder: Path) -> list[str]:
    source = Path(__file__).parents[2] / "src"
    environment = os.environ | {"PYTHONPATH": f"{source}:{folder}", "NUMBA_CACHE_DIR": str(folder / "cache")}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()


def test_a_caller_is_compiled_anew_when_only_the_function_it_calls_has_changed(tmp_path):
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "called.py").write_text(CALLED.format(value=1))
    assert run(tmp_path) == ["1", "0"]
    assert run(tmp_path) == ["1", "1"]
    (tmp_path / "called.py").write_text(CALLED.format(value=2))
    assert run(tmp_path) == ["2", "0"]
