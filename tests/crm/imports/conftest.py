"""Files to import, and the import itself in one line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm.imports.mapping import read_wishes
from crm.imports.plan import Options, plan_import
from crm.imports.reader import open_table
from crm.imports.run import ImportRun

Write = Callable[..., Path]
Import = Callable[..., ImportRun]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of text or bytes and gives its path."""

    def written(content: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


@pytest.fixture
def import_file(db: None, write: Write) -> Import:
    """Imports text or bytes into a module; keyword arguments are options, or parts of the mapping."""

    def imported(module: str, content: str | bytes, **asked: Any) -> ImportRun:
        parts = ("columns", "values", "empty", "set", "dates", "decimals")
        wishes = read_wishes({key: asked.pop(key) for key in parts if key in asked})
        table = open_table(write(content), encoding=asked.pop("encoding", None))
        run = ImportRun(plan_import(module, [table], wishes, Options(**asked)))
        run.run()
        assert run.tally.complete
        return run

    return imported
