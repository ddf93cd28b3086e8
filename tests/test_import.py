"""Importing webenvs is light: what is heavy or optional is imported where it is used."""

import subprocess
import sys

HEAVY = (
    "torch", "faiss", "httpx", "diskcache", "rich", "click", "selectolax", "zstandard", "Stemmer",
    "rank_bm25", "scipy",
)  # fmt: skip


def test_import_loads_nothing_heavy():
    code = f"import sys, webenvs; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_import_registers_every_id_and_starts_no_world():
    code = (
        "import sys, webenvs, gymnasium, pettingzoo;"
        "from webenvs.catalog import ROWS;"
        "assert all(f'webenvs/{id}' in gymnasium.registry for id in ROWS);"
        "assert all(f'webenvs/{id}' in pettingzoo.aec_registry for id in ROWS);"
        "assert 'webenvs.corpora.world.generate' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
