from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps.field.site import Site, build

CONFIG = """
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {home}/
max_inflight_messages 2000
max_queued_messages 0
log_dest none
"""


@pytest.fixture
def site(org_tree: Any, make_staff: Any, actor_for_role: Any) -> Site:
    return build(org_tree, make_staff, actor_for_role)


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Address of a real broker that keeps what it holds for absent subscribers."""
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    if not Path(program).exists():
        if os.environ.get("CI"):
            pytest.fail("mosquitto is missing: apt-get install mosquitto")
        pytest.skip("needs Mosquitto: apt-get install mosquitto")
    home = Path(tempfile.mkdtemp(prefix="denghuo-mqtt-"))
    home.chmod(0o777)  # started by root it becomes another user
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
    (home / "mosquitto.conf").write_text(CONFIG.format(port=port, home=home))
    running = subprocess.Popen([program, "-c", str(home / "mosquitto.conf")])
    try:
        ends = time.monotonic() + 10
        while time.monotonic() < ends and running.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.02)
        else:
            pytest.fail("Mosquitto did not start")
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(10)
        shutil.rmtree(home, ignore_errors=True)
