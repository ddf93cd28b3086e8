"""Files written for a test, and where the real data lies."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


@pytest.fixture
def written(tmp_path):
    """written(text or bytes or rows) -> path of a file that holds it; rows are JSON Lines."""

    def write(content, name="some.jsonl"):
        if isinstance(content, list):
            content = "".join(json.dumps(row) + "\n" for row in content)
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def real_data():
    """The folder of public data files; the test is skipped where there is none."""
    beside = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("WEBENVS_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"needs public data files: set WEBENVS_DATA (looked in {folder})")
    return folder
