"""Past weeks and an ordinary today, lived through the actions: no row is made by hand."""

from denghuo.demo.history.build import Past, build

__all__ = ["Past", "build"]
