"""A mail server that is a folder, for worker processes of tests."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.mail.backends.base import BaseEmailBackend


class Stuck(BaseEmailBackend):
    """Writes each letter to POST_FOLDER; after letter number POST_STUCK_AT it does not come back."""

    sent = 0

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            text = f"{message.extra_headers['Message-ID']}\n{message.to[0]}\n{message.subject}\n"
            (Path(os.environ["POST_FOLDER"]) / uuid4().hex).write_text(text)
            Stuck.sent += 1
            if Stuck.sent == int(os.environ["POST_STUCK_AT"]):
                time.sleep(60)
        return len(email_messages)
