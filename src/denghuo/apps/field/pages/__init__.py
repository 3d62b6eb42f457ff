"""The screens of the field: the dispatcher's board, the crew's phone, the list of crews."""

from denghuo.apps.field import looks

__all__ = ["looks"]
