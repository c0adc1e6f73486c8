"""Kinds of documents: what may be published, how it is checked, and what the engine makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import Promise

if TYPE_CHECKING:
    from crm.models import DocumentVersion

Data = dict[str, Any]
Upgrader = Callable[[Data], Data]


@dataclass(frozen=True)
class DocumentProblem:
    """Why a document cannot go live: where in it (in words; empty: the whole), and what is wrong."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class DocumentRefused(ValueError):  # noqa: N818 — reported to the person who publishes
    """A document that cannot go live; `problems` names everything that is wrong with it."""

    def __init__(self, problems: Sequence[DocumentProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class DocumentKind:
    """A kind of document, such as a rule.

    Documents refer to things by stable keys (module, field, picklist value, role, group, a person's
    e-mail), never by row id or label. `format` is the number of the present form; `upgraders[n]` makes
    a document of form n + 1 of one of form n, so that old versions can always be read.
    """

    key: ClassVar[str]
    label: ClassVar[str | Promise]
    format: ClassVar[int] = 1
    upgraders: ClassVar[Mapping[int, Upgrader]] = {}

    def validate(self, _key: str, data: Data) -> list[DocumentProblem]:
        """Everything that is wrong with a document of the present format."""
        raise NotImplementedError

    def compile(self, version: DocumentVersion, data: Data) -> Any:
        """What the engine runs from; raises if it no longer fits the configuration."""
        raise NotImplementedError

    def describe(self, data: Data) -> list[str]:
        """The document in plain words, in the active language, one line per statement."""
        raise NotImplementedError

    def read(self, text: str, number: int) -> Data:
        """The document of a stored text, in the present format."""
        data: Data = json.loads(text)
        for step in range(number, self.format):
            data = self.upgraders[step](data)
        return data


def canonical(data: Data) -> str:
    """The one text that a document has, whatever order its keys were given in; ends with a line break."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"


DOCUMENT_KINDS: dict[str, DocumentKind] = {}
PAGES: dict[str, Callable[[str], str]] = {}  # by kind, the address at which a key's draft is edited, if any


def register_document_kind(kind: type[DocumentKind]) -> type[DocumentKind]:
    """Makes a document kind known under its key; used as a decorator."""
    DOCUMENT_KINDS[kind.key] = kind()
    return kind
