"""What of the knowledge app follows the event log, in its packages."""

from denghuo.apps.knowledge.learning import following as _learning  # noqa: F401
