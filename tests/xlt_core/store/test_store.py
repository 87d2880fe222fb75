"""Every place a store can lie in through the public suite: a folder, memory:// and S3."""

from __future__ import annotations

import pytest

from xlt_core.testing.stores import StoreSuite


class TestEveryPlace(StoreSuite):
    @pytest.fixture
    def url(self, url: str) -> str:
        return url
