"""Run as a program: works on a job, says when it holds the step at half, and waits to be killed."""

import sys
import time
from typing import Any

import django


def main(pk: int, chunks: int) -> None:
    """Does so many chunks, and stands still in the next one, before its commit."""
    django.setup()
    from django.conf import settings
    from django.db import connection

    from crm.imports.chunks import Chunks
    from crm.jobs.running import run_job

    settings.CRM_CHUNK_SIZE = {connection.vendor: 100}
    taken = 0
    take = Chunks.take

    def stands_still(self: Any, *given: Any) -> Any:
        nonlocal taken
        found = take(self, *given)
        taken += 1
        if taken > chunks:
            sys.stdout.write("holding\n")
            sys.stdout.flush()
            time.sleep(60)
        return found

    Chunks.take = stands_still  # type: ignore[method-assign]
    run_job(pk)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
