"""Signalbox's tables on the ground floor, one file per aggregate."""

from crm.models.attached import (
    GROUP_SHARES,
    RECORD_MODELS,
    USER_SHARES,
    Attachment,
    LineItem,
    Note,
    Notification,
)
from crm.models.configuration import (
    ConfigurationChange,
    Currency,
    DocumentVersion,
    ExchangeRate,
    Generation,
    NumberSeries,
    VersionState,
)
from crm.models.exports import ExportEntry
from crm.models.imports import ImportLink, ImportLook, ImportMapping
from crm.models.jobs import Job, JobChunk, JobRefusal, JobState
from crm.models.modules import Field, IndexState, Module, PicklistValue, Section, Sharing
from crm.models.paper import Invoice, Quote
from crm.models.people import FieldRight, ModuleRight, Profile, Role, SharingGroup, User
from crm.models.records import (
    Cause,
    CustomRecord,
    DoorOnlyError,
    History,
    Record,
    RecordIdCounter,
    RecordLink,
)
from crm.models.sales import Account, Campaign, Contact, Deal, Lead, Product
from crm.models.search import SearchBuild, SearchText
from crm.models.service import Case, Task
from crm.models.tokens import AccessToken
from crm.models.views import DefaultView, ListView, ViewSharing

__all__ = [
    "GROUP_SHARES",
    "RECORD_MODELS",
    "USER_SHARES",
    "AccessToken",
    "Account",
    "Attachment",
    "Campaign",
    "Case",
    "Cause",
    "ConfigurationChange",
    "Contact",
    "Currency",
    "CustomRecord",
    "Deal",
    "DefaultView",
    "DocumentVersion",
    "DoorOnlyError",
    "ExchangeRate",
    "ExportEntry",
    "Field",
    "FieldRight",
    "Generation",
    "History",
    "ImportLink",
    "ImportLook",
    "ImportMapping",
    "IndexState",
    "Invoice",
    "Job",
    "JobChunk",
    "JobRefusal",
    "JobState",
    "Lead",
    "LineItem",
    "ListView",
    "Module",
    "ModuleRight",
    "Note",
    "Notification",
    "NumberSeries",
    "PicklistValue",
    "Product",
    "Profile",
    "Quote",
    "Record",
    "RecordIdCounter",
    "RecordLink",
    "Role",
    "SearchBuild",
    "SearchText",
    "Section",
    "Sharing",
    "SharingGroup",
    "Task",
    "User",
    "VersionState",
    "ViewSharing",
]  # fmt: skip
