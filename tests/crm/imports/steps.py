"""The steps of an import, as a browser takes them, for tests of the wizard."""

from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from crm.models import Job

ROWS = "Name,Mail,Rating,Comment\nAda,ada@x.example,High,one\nBen,ben@x.example,enormous,two\n"


def stored_files() -> list[Path]:
    """What is stored of uploads."""
    return [path for path in Path(django_settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def upload(client: Client, content: str | bytes, name: str = "leads.csv", module: str = "leads") -> Any:
    """Uploads a file; the answer."""
    data = content.encode() if isinstance(content, str) else content
    return client.post(f"/{module}/import/", {"file": SimpleUploadedFile(name, data), "whole": "1"})


def begun(client: Client, content: str | bytes, **more: str) -> Job:
    """The import in preparation that an upload makes."""
    response = upload(client, content, **more)
    assert response.status_code == 302, response.content.decode()
    return Job.objects.filter(kind="import").latest("pk")


def step(client: Client, job: Job, name: str, /, **data: Any) -> Any:
    """Posts one step."""
    return client.post(reverse(f"import_{name}", args=[job.pk]), data)


def page(client: Client, job: Job, name: str) -> str:
    """One step as it is shown."""
    response = client.get(reverse(f"import_{name}", args=[job.pk]))
    assert response.status_code == 200, response
    return response.content.decode()
