"""Background work of the knowledge app; each part declares its own."""

from denghuo.apps.knowledge import jobs_entries as _entries  # noqa: F401
from denghuo.apps.knowledge.graph import jobs as _graph  # noqa: F401
from denghuo.apps.knowledge.learning import jobs as _learning  # noqa: F401
from denghuo.apps.knowledge.searching import jobs as _searching  # noqa: F401
