"""Why a first migration need not take minutes.

While Django applies migrations it keeps the model classes of every moment. After each change it makes anew the class that
changed and all classes that any chain of relations ties to it; here that is most of the product, 900 times over, and 19
parts in 20 of the time. Statements are written from the class that changed and from the table name and key type of its
neighbours, so that class alone is enough. Where code runs against the models (``RunPython``), Django makes all classes anew
when a state says that it is delayed; the states here always say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.migrations.state import ProjectState


@contextmanager
def lean_states() -> Iterator[None]:
    """Within: a changed model is made anew without its relatives. Tests compare the schema it gives with the models."""
    usual = ProjectState._find_reload_model  # type: ignore[attr-defined]

    def alone(self: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        self.is_delayed = True
        return {(app_label, model_name.lower())}

    ProjectState._find_reload_model = alone  # type: ignore[attr-defined]
    try:
        yield
    finally:
        ProjectState._find_reload_model = usual  # type: ignore[attr-defined]
