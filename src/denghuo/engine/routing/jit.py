"""The one decorator for compiled functions of this package, and of those that call them.

numba keeps machine code on disk under the hash of the file a function stands in. A function's machine code contains
the functions it calls, so after a change of ``rules.py`` the code cached for ``state.py`` would be old. Here the stamp
is the hash of every source file of the package, and of the packages that say they build on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])
HERE = Path(__file__).parent


@cache
def stamp_of(folders: tuple[Path, ...]) -> str:
    """SHA-256 over names and contents of the folders' Python files."""
    digest = hashlib.sha256(numba.__version__.encode())
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def compiled_with(*folders: Path, **options: Any) -> Callable[[F], F]:
    """Decorator ``njit(cache=True)`` whose cache is fresh only while routing and ``folders`` are unchanged.

    An engine that calls the routing functions from its own compiled code uses
    ``kernel = compiled_with(Path(__file__).parent)``.
    """
    stamp = stamp_of((HERE, *folders))

    def decorate(function: F) -> F:
        try:
            dispatcher = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # neither the package's folder nor the user's can be written: every start compiles
            return cast(F, numba.njit(**options)(function))
        index = dispatcher._cache._cache_file
        index._source_stamp = (index._source_stamp, stamp)
        return cast(F, dispatcher)

    return decorate


# Allocates nothing, so needs no reference counts: a state is a tuple of twenty arrays, and counting those on every call
# costs more than the work itself.
kernel = compiled_with(_nrt=False)
# A small function: put into its caller, so that the tuple of arrays is not copied for the call.
inlined = compiled_with(_nrt=False, forceinline=True)
# May allocate arrays.
allocating = compiled_with()
