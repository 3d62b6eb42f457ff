"""What of the grid app follows the event log, in its packages."""

from denghuo.apps.grid.inference import subscribers as _inference  # noqa: F401
