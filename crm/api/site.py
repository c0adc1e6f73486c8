"""The API itself. Higher floors add their operations with `api.add_router("/approvals", router)`."""

from __future__ import annotations

from typing import Any, NoReturn

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.security import HttpBearer

from crm.api import attachments, batches, modules, records
from crm.api.errors import register_errors
from crm.api.parsing import StrictParser
from crm.models import AccessToken


class PersonalToken(HttpBearer):
    """For the description: the gate has looked at the token before an operation is asked."""

    def __call__(self, request: Any) -> AccessToken:
        token: AccessToken = request.token
        return token

    def authenticate(self, _request: HttpRequest, _token: str) -> NoReturn:
        raise NotImplementedError


DESCRIPTION = """\
Records of every module, built-in or made by the company, as the person whose token you send may see and
change them. Values are by field key; GET /api/modules tells which fields there are and what they take.
"""


class SignalboxAPI(NinjaAPI):
    """Names each operation by its function: that is what programs made of the description will call it."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return str(operation.view_func.__name__)


api = SignalboxAPI(
    title="Signalbox",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    openapi_url=None,
    auth=PersonalToken(),
    parser=StrictParser(),
)
register_errors(api)
api.add_router("", modules.router, tags=["Modules"])
api.add_router("", records.router, tags=["Records"])
api.add_router("", batches.router, tags=["Batches"])
api.add_router("", attachments.router, tags=["Notes and files"])
