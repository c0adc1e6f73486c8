"""Built-in modules of the sales process: leads, accounts, contacts, deals, products and campaigns."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.models.columns import (
    base_money,
    day,
    decimal,
    flag,
    integer,
    link,
    link_indexes,
    long_text,
    moment,
    money,
    picklist,
    text,
)
from crm.models.records import Record

RATINGS = [("high", _("High")), ("medium", _("Medium")), ("low", _("Low"))]
SOURCES = [
    ("web", _("Website")),
    ("advertisement", _("Advertisement")),
    ("campaign", _("Campaign")),
    ("cold_call", _("Cold call")),
    ("partner", _("Partner")),
    ("referral", _("Referral")),
    ("trade_show", _("Trade show")),
    ("import", _("Import")),
]
INDUSTRIES = [
    ("education", _("Education")),
    ("employment", _("Employment")),
    ("entertainment", _("Entertainment")),
    ("finance", _("Finance")),
    ("manufacturing", _("Manufacturing")),
    ("marketing", _("Marketing")),
    ("medical", _("Medical")),
    ("retail", _("Retail")),
    ("services", _("Services")),
    ("software", _("Software")),
    ("technology", _("Technology")),
    ("telecommunications", _("Telecommunications")),
]


class Lead(Record):
    """Somebody who may become a customer."""

    first_name = text(_("First name"), length=120)
    last_name = text(_("Last name"), length=120, required=True)
    company = text(_("Company"), searched=True, sorted=True)
    title = text(_("Job title"))
    email = text(_("E-mail"), kind="email", length=254, searched=True)
    phone = text(_("Phone"), kind="phone", length=40, searched=True)
    mobile = text(_("Mobile"), kind="phone", length=40)
    website = text(_("Website"), kind="url", length=500)
    status = picklist(
        _("Status"),
        [
            ("new", _("New"), {"open": True}),
            ("attempted", _("Attempted to contact"), {"open": True}),
            ("contacted", _("Contacted"), {"open": True}),
            ("qualified", _("Qualified"), {"open": True}),
            ("nurture", _("Nurture"), {"open": True}),
            ("junk", _("Junk"), {"open": False}),
            ("converted", _("Converted"), {"open": False}),
        ],
        default="new",
        sorted=True,
    )
    rating = picklist(_("Rating"), RATINGS)
    source = picklist(_("Source"), SOURCES)
    industry = picklist(_("Industry"), INDUSTRIES)
    annual_revenue = money(_("Annual revenue"))
    annual_revenue_base = base_money(_("Annual revenue (company currency)"), "annual_revenue")
    employees = integer(_("Employees"))
    email_opt_out = flag(_("No marketing e-mail"))
    street = text(_("Street"), section="address")
    city = text(_("City"), length=120, section="address")
    state = text(_("State or province"), length=120, section="address")
    postal_code = text(_("Postal code"), length=30, section="address")
    country = text(_("Country"), length=120, section="address")
    description = long_text(_("Description"), section="description")
    converted_at = moment(_("Converted"), section="system", system=True)
    converted_account = link(_("Account made"), "crm.Account", "accounts", section="system", system=True)
    converted_contact = link(_("Contact made"), "crm.Contact", "contacts", section="system", system=True)
    converted_deal = link(_("Deal made"), "crm.Deal", "deals", section="system", system=True)

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            *link_indexes("converted_account", "converted_contact", "converted_deal"),
        ]


class Account(Record):
    """An organisation that buys, or may buy."""

    parent = link(_("Parent account"), "self", "accounts")
    phone = text(_("Phone"), kind="phone", length=40)
    website = text(_("Website"), kind="url", length=500)
    type = picklist(
        _("Type"),
        [
            ("prospect", _("Prospect")),
            ("customer", _("Customer")),
            ("partner", _("Partner")),
            ("supplier", _("Supplier")),
            ("competitor", _("Competitor")),
        ],
    )
    industry = picklist(_("Industry"), INDUSTRIES)
    rating = picklist(_("Rating"), RATINGS)
    annual_revenue = money(_("Annual revenue"))
    annual_revenue_base = base_money(_("Annual revenue (company currency)"), "annual_revenue")
    employees = integer(_("Employees"))
    street = text(_("Street"), section="address")
    city = text(_("City"), length=120, section="address")
    state = text(_("State or province"), length=120, section="address")
    postal_code = text(_("Postal code"), length=30, section="address")
    country = text(_("Country"), length=120, section="address")
    description = long_text(_("Description"), section="description")

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, *link_indexes("parent")]


class Contact(Record):
    """A person at an account."""

    first_name = text(_("First name"), length=120)
    last_name = text(_("Last name"), length=120, required=True)
    account = link(_("Account"), "crm.Account", "accounts")
    reports_to = link(_("Reports to"), "self", "contacts")
    title = text(_("Job title"))
    department = text(_("Department"), length=120)
    email = text(_("E-mail"), kind="email", length=254, searched=True)
    phone = text(_("Phone"), kind="phone", length=40, searched=True)
    mobile = text(_("Mobile"), kind="phone", length=40)
    source = picklist(_("Source"), SOURCES)
    email_opt_out = flag(_("No marketing e-mail"))
    street = text(_("Street"), section="address")
    city = text(_("City"), length=120, section="address")
    state = text(_("State or province"), length=120, section="address")
    postal_code = text(_("Postal code"), length=30, section="address")
    country = text(_("Country"), length=120, section="address")
    description = long_text(_("Description"), section="description")

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, *link_indexes("account", "reports_to")]


STAGES = [
    ("prospecting", _("Prospecting"), {"open": True, "probability": 10, "forecast": "pipeline"}),
    ("qualification", _("Qualification"), {"open": True, "probability": 25, "forecast": "pipeline"}),
    ("proposal", _("Proposal"), {"open": True, "probability": 50, "forecast": "best_case"}),
    ("negotiation", _("Negotiation"), {"open": True, "probability": 75, "forecast": "committed"}),
    ("won", _("Won"), {"open": False, "won": True, "probability": 100, "forecast": "closed"}),
    ("lost", _("Lost"), {"open": False, "lost": True, "probability": 0, "forecast": "omitted"}),
]


class Deal(Record):
    """A sale in the making."""

    account = link(_("Account"), "crm.Account", "accounts")
    contact = link(_("Contact"), "crm.Contact", "contacts")
    campaign = link(_("Campaign"), "crm.Campaign", "campaigns")
    stage = picklist(_("Stage"), STAGES, required=True, default="prospecting", sorted=True)
    amount = money(_("Amount"), sorted=True)
    amount_base = base_money(_("Amount (company currency)"), "amount", sorted=True)
    probability = decimal(_("Probability"), kind="percent")
    expected_revenue = money(_("Expected revenue"), system=True)
    expected_revenue_base = base_money(_("Expected revenue (company currency)"), "expected_revenue")
    close_date = day(_("Close date"), sorted=True)
    type = picklist(_("Type"), [("new", _("New business")), ("existing", _("Existing business"))])
    source = picklist(_("Source"), SOURCES)
    next_step = text(_("Next step"))
    loss_reason = text(_("Reason for loss"))
    description = long_text(_("Description"), section="description")

    class Meta(Record.Meta):
        indexes = [*Record.Meta.indexes, *link_indexes("account", "contact", "campaign")]


class Product(Record):
    """Something that is sold."""

    code = text(_("Code"), length=60, searched=True)
    category = text(_("Category"), length=120)
    price = money(_("Price"))
    price_base = base_money(_("Price (company currency)"), "price")
    tax = decimal(_("Tax"), kind="percent")
    on_sale = flag(_("On sale"), default=True)
    description = long_text(_("Description"), section="description")


class Campaign(Record):
    """A marketing campaign."""

    type = picklist(
        _("Type"),
        [
            ("email", _("E-mail")),
            ("event", _("Event")),
            ("advertisement", _("Advertisement")),
            ("webinar", _("Webinar")),
            ("trade_show", _("Trade show")),
            ("other", _("Other")),
        ],
    )
    status = picklist(
        _("Status"),
        [
            ("planning", _("Planning"), {"open": True}),
            ("active", _("Active"), {"open": True}),
            ("complete", _("Complete"), {"open": False}),
            ("cancelled", _("Cancelled"), {"open": False}),
        ],
        required=True,
        default="planning",
    )
    start_date = day(_("Start"))
    end_date = day(_("End"))
    budget = money(_("Budget"))
    budget_base = base_money(_("Budget (company currency)"), "budget")
    actual_cost = money(_("Actual cost"))
    actual_cost_base = base_money(_("Actual cost (company currency)"), "actual_cost")
    expected_revenue = money(_("Expected revenue"))
    expected_revenue_base = base_money(_("Expected revenue (company currency)"), "expected_revenue")
    audience = integer(_("Audience"))
    expected_response = decimal(_("Expected response"), kind="percent")
    description = long_text(_("Description"), section="description")
