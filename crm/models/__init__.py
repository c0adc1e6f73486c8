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
from crm.models.service import Case, Task

__all__ = [
    "GROUP_SHARES",
    "RECORD_MODELS",
    "USER_SHARES",
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
    "DocumentVersion",
    "DoorOnlyError",
    "ExchangeRate",
    "Field",
    "FieldRight",
    "Generation",
    "History",
    "IndexState",
    "Invoice",
    "Lead",
    "LineItem",
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
    "Section",
    "Sharing",
    "SharingGroup",
    "Task",
    "User",
    "VersionState",
]  # fmt: skip
