"""What all tests share: where the real data lie, and a quiet, offline environment."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from tests.repository import python_path

# Whatever a test before left in the environment (PYTHONSAFEPATH, say), in whatever order they run.
os.environ["PYTHONPATH"] = python_path()
os.environ["XLT_CONFIG"] = os.devnull  # not the settings of whoever runs the tests
os.environ.pop("MLFLOW_TRACKING_URI", None)
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
os.environ.setdefault("RAY_worker_niceness", "0")  # at Ray's 15, other tests would starve them

# With torch, Ray and MLflow here, looking for garbage as often as Python does takes a tenth of all.
gc.set_threshold(50_000, 20, 100)

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the real data where they are not there."""
    if (SHARED / "data").is_dir():
        return
    reason = pytest.mark.skip(reason="needs the real data and small encoder in ../shared")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data in the XTREME-R layout."""
    return SHARED / "data"


@pytest.fixture(scope="session")
def shared_encoder() -> Path:
    """The folder of the small real encoder."""
    return SHARED / "models" / "xlt-mini"
