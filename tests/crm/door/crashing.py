"""Run as a program: begins a big batch, says when it holds the transaction, and waits to be killed."""

import sys
import time
from typing import Any

import django


def main(verb: str, ids: list[int]) -> None:
    """Does the verb to many records; stands still after having written, before the commit."""
    django.setup()
    from crm.door import Change, Source, Verb, apply
    from crm.door.merge import merge_records
    from crm.door.stages.base import Stage

    class StandsStill(Stage):
        chunks = 0

        def write(self, batch: Any) -> None:
            StandsStill.chunks += 1
            if StandsStill.chunks == 2:  # the first chunk is written, the second nearly
                sys.stdout.write("holding\n")
                sys.stdout.flush()
                time.sleep(60)

    sys.modules[apply.__module__].round_stages = lambda: (StandsStill(),)  # type: ignore[attr-defined]
    if verb == "create":
        changes = [Change(Verb.CREATE, "leads", None, {"last_name": f"L{n}"}) for n in range(2500)]
        apply(changes, actor=None, source=Source.IMPORT)
    elif verb == "merge":
        merge_records("accounts", ids[0], ids[1:], {}, actor=None)
    else:
        StandsStill.chunks = 1
        values = {"company": "after"} if verb == "edit" else {}
        apply([Change(Verb(verb), "leads", pk, values) for pk in ids], actor=None, source=Source.LIST)


if __name__ == "__main__":
    main(sys.argv[1], [int(text) for text in sys.argv[2:]])
