"""Reports as commands show them."""

from tests.sweeps.cli.conftest import xlt

__all__ = ["xlt"]
