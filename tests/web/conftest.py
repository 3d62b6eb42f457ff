"""Fixtures of the front-end tests."""

import pytest


@pytest.fixture(scope="session")
def english_compiled() -> None:
    """The English texts as the running product reads them."""
    from django.utils.translation import trans_real

    from denghuo.web.i18n import compile_catalogue

    compile_catalogue()
    trans_real._translations.clear()
