"""The live documents as the engine runs from them, compiled once per space, generation and kind."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from crm.documents.kinds import DOCUMENT_KINDS, Data
from crm.models import DocumentVersion, VersionState
from crm.people.remembered import PerGeneration

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LiveDocuments:
    """What is live of one kind: compiled documents, and the errors of those that can no longer run."""

    compiled: tuple[Any, ...]
    broken: Mapping[str, str]


def live(kind: str) -> tuple[Any, ...]:
    """The live documents of a kind, compiled, in order of their keys."""
    return live_documents(kind).compiled


def live_documents(kind: str) -> LiveDocuments:
    """The live documents of a kind, with those that no longer fit the configuration."""
    return _reader(kind)()


@lru_cache(maxsize=256)
def _reader(kind: str) -> PerGeneration[LiveDocuments]:
    return PerGeneration(lambda: _compile(kind))


def _compile(kind: str) -> LiveDocuments:
    """A document whose field was switched off since must not stop the others, nor any change."""
    declared = DOCUMENT_KINDS[kind]
    compiled, broken = [], {}
    for version in DocumentVersion.objects.filter(kind=kind, state=VersionState.PUBLISHED).order_by("key"):
        try:
            compiled.append(declared.compile(version, document_data(version)))
        except Exception as error:
            broken[version.key] = str(error) or repr(error)
            logger.warning("%s %s cannot run and is left out: %s", kind, version.key, error)
    return LiveDocuments(tuple(compiled), broken)


def document_data(version: DocumentVersion) -> Data:
    """What a version says, in the present format of its kind."""
    return DOCUMENT_KINDS[version.kind].read(version.text, version.format)
