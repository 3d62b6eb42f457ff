"""The month plan's tests need the compiled kernels once; its solver is an extra."""

from __future__ import annotations

import pytest

pytest.importorskip("highspy", reason="the extra 'roster' is not installed")
