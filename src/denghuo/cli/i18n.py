"""``denghuo i18n``: see :mod:`denghuo.web.i18n_cli`."""

from denghuo.web.i18n_cli import cli as i18n

__all__ = ["i18n"]
