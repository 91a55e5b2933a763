"""Where templates, translations, migrations and static files lie: in a checkout or in an installed wheel."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


@cache
def in_checkout() -> bool:
    """Whether this code runs from a checkout and not from an installed wheel."""
    return _PACKAGE.parent.name == "platform" and (_CHECKOUT / "pyproject.toml").is_file()


def root() -> Path:
    """The checkout; when installed, the folder in which the command was started."""
    return _CHECKOUT if in_checkout() else Path.cwd()


def source() -> Path:
    """The folder that stands on Python's search path so that `import polyphony` works."""
    return _PACKAGE.parent


@cache
def folder(name: str) -> Path:
    """`templates`, `translations`, `migrations` or `static`, wherever they are on this machine."""
    return (_CHECKOUT if in_checkout() else _PACKAGE / "_files") / name
