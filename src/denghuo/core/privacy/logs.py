"""Keep personal numbers out of log files."""

from __future__ import annotations

import logging
from typing import Final

from denghuo.core.privacy.masking import redact

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({})))
_formatter: Final = logging.Formatter()


class RedactingFilter(logging.Filter):
    """Masks phone, identity and card numbers in the message, its arguments, the traceback and extra fields."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except Exception:  # a malformed log call must neither crash the caller nor skip redaction
            text = f"{record.msg} {record.args!r}"
        record.msg, record.args = redact(text), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        for name, value in vars(record).items():
            if name not in _STANDARD and isinstance(value, str):
                setattr(record, name, redact(value))
        return True
