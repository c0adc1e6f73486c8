"""The records of the demo company, made from short lists by a fixed seed: every load gives the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from crm.demo import words
from crm.door import Change, Source, Verb, apply
from crm.models import User

SEED = 20260301
LABEL = "Demo company"
WAVES = 6  # records come in over so many months
Values = dict[str, Any]


@dataclass
class DemoRecords:
    """What has been made so far, by module, and the dice."""

    people: dict[str, User]
    today: date
    now: datetime
    dice: Random = field(default_factory=lambda: Random(SEED))
    made: dict[str, list[tuple[int, Values]]] = field(default_factory=dict)

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of them."""
        return self.dice.choice(choices)

    def day(self, first: int, last: int) -> date:
        """A day between so many days from now and so many."""
        return self.today + timedelta(days=self.dice.randint(first, last))

    def one(self, module: str) -> int:
        """The id of a record that has been made."""
        return int(self.pick(self.made[module])[0])

    def rep(self) -> int:
        """One of the two who sell."""
        return int(self.people[self.pick(["james", "priya"])].pk)

    def store(self, module: str, rows: Sequence[Values], *, waves: int = 1) -> None:
        """Puts records in through the door, in some waves, the oldest first."""
        size = -(-len(rows) // waves)
        ids: list[int] = []
        for wave in range(waves):
            changes = [
                Change(Verb.CREATE, module, values=row) for row in rows[wave * size : (wave + 1) * size]
            ]
            moment = self.now - timedelta(days=30 * (waves - 1 - wave), hours=2)
            admin = self.people["ines"]
            ids += apply(changes, actor=admin, source=Source.SYSTEM, label=LABEL, now=moment).or_raise().ids
        self.made.setdefault(module, []).extend(zip(ids, rows, strict=True))


def load_records(people: dict[str, User]) -> dict[str, int]:
    """Makes everything; returns how many records of each module."""
    now = timezone.now()
    demo = DemoRecords(people, now.date(), now)
    demo.store("products", [_product(*row) for row in words.PRODUCTS])
    demo.store("campaigns", [_campaign(demo, name, kind) for name, kind in words.CAMPAIGNS])
    demo.store("accounts", [_account(demo, number) for number in range(80)], waves=2)
    demo.store("contacts", [_contact(demo) for _number in range(160)], waves=2)
    demo.store("leads", [_lead(demo) for _number in range(320)], waves=WAVES)
    demo.store("deals", [_deal(demo) for _number in range(140)], waves=WAVES)
    demo.store("quotes", [_quote(demo) for _number in range(45)], waves=3)
    demo.store("invoices", [_invoice(demo) for _number in range(20)], waves=2)
    demo.store("cases", [_case(demo) for _number in range(60)], waves=3)
    demo.store("tasks", [_task(demo) for _number in range(70)])
    return {module: len(rows) for module, rows in demo.made.items()}


def _person(demo: DemoRecords) -> Values:
    """A name with a place that goes with it."""
    first, last, places = demo.pick(words.PLACES)
    city, country = demo.pick(places)
    return {"first_name": demo.pick(first), "last_name": demo.pick(last), "city": city, "country": country}


def _company(demo: DemoRecords) -> str:
    return " ".join(map(demo.pick, (words.COMPANY_FIRST, words.COMPANY_SECOND, words.COMPANY_FORM)))


def _product(code: str, name: str, category: str, price: str) -> Values:
    return {"code": code, "name": name, "category": category, "price": price, "tax": "20"}


def _campaign(demo: DemoRecords, name: str, kind: str) -> Values:
    start = demo.day(-150, 60)
    status = "planning" if start > demo.today else demo.pick(["active", "complete"])
    budget = demo.dice.randint(2, 40) * 500
    return {
        "name": name, "type": kind, "status": status, "start_date": start,
        "end_date": start + timedelta(days=21),
        "budget": budget, "actual_cost": budget - 250, "audience": demo.dice.randint(50, 4000),
        "owner": demo.people["lena"].pk,
    }  # fmt: skip


def _account(demo: DemoRecords, number: int) -> Values:
    place = _person(demo)
    return {
        "name": f"{_company(demo)}{f' {number}' if number % 9 == 0 else ''}",
        "type": demo.pick(["prospect", "customer", "customer", "partner"]),
        "industry": demo.pick(["education", "medical", "manufacturing", "services", "technology"]),
        "rating": demo.pick(["high", "medium", "low"]),
        "employees": demo.dice.randint(4, 9000),
        "annual_revenue": demo.dice.randint(1, 900) * 100_000,
        "phone": f"+44 113 496 0{number:03}",
        "website": f"https://www.customer-{number:02}.example",
        "street": f"{demo.pick(words.STREETS)} {demo.dice.randint(1, 220)}",
        "city": place["city"],
        "country": place["country"],
        "owner": demo.rep(),
    }


def _contact(demo: DemoRecords) -> Values:
    number = demo.dice.randint(1000, 9999)
    return {
        **_person(demo), "account": demo.one("accounts"), "title": demo.pick(words.TITLES),
        "owner": demo.rep(), "email": f"contact.{number}@customer.example", "phone": f"+49 221 496{number}",
    }  # fmt: skip


def _lead(demo: DemoRecords) -> Values:
    number = demo.dice.randint(1000, 9999)
    return {
        **_person(demo),
        "company": _company(demo),
        "title": demo.pick(words.TITLES),
        "email": f"lead.{number}@prospect.example",
        "phone": f"+48 71 496{number}",
        "status": demo.pick(["new", "new", "attempted", "contacted", "qualified", "nurture", "junk"]),
        "rating": demo.pick(["medium", "low", "low", None]),
        "source": demo.pick(["web", "campaign", "trade_show", "referral", "partner"]),
        "industry": demo.pick(["education", "medical", "services", "technology"]),
        "tags": demo.pick([["microscopy"], ["follow up", "university"], [], []]),
        "owner": demo.pick([demo.rep(), demo.rep(), demo.people["lena"].pk]),
    }


def _deal(demo: DemoRecords) -> Values:
    account, values = demo.pick(demo.made["accounts"])
    stage = demo.pick(["prospecting", "qualification", "proposal", "negotiation", "won", "won", "lost"])
    closed = stage in ("won", "lost")
    return {
        "name": f"{values['name'].split()[0]}: {demo.pick(words.PRODUCTS)[1]}",
        "account": account,
        "campaign": demo.pick([None, demo.one("campaigns")]),
        "stage": stage,
        "amount": demo.dice.randint(3, 900) * 250,
        "close_date": demo.day(-160, -1) if closed else demo.day(1, 120),
        "type": demo.pick(["new", "existing"]),
        "next_step": None if closed else demo.pick(words.NEXT_STEPS),
        "loss_reason": demo.pick(["Price", "No budget"]) if stage == "lost" else None,
        "owner": values["owner"],
    }


def _lines(demo: DemoRecords) -> list[Values]:
    lines = []
    for _line in range(demo.dice.randint(1, 5)):
        product, values = demo.pick(demo.made["products"])
        lines.append({
            "product": product, "text": values["name"], "quantity": demo.dice.randint(1, 6),
            "price": values["price"], "discount": demo.pick([0, 0, 5, 10, 15, 25]), "tax": values["tax"],
        })  # fmt: skip
    return lines


def _of_deal(demo: DemoRecords) -> Values:
    deal, values = demo.pick(demo.made["deals"])
    return {"deal": deal, "account": values["account"], "owner": values["owner"], "lines": _lines(demo)}


def _quote(demo: DemoRecords) -> Values:
    values = _of_deal(demo)
    name = f"Offer {demo.pick(words.PRODUCTS)[0]}"
    status = demo.pick(["draft", "in_review", "approved", "sent", "accepted", "declined"])
    return {**values, "name": name, "status": status, "valid_until": demo.day(5, 60)}


def _invoice(demo: DemoRecords) -> Values:
    day = demo.day(-60, -1)
    status = demo.pick(["draft", "sent", "paid"])
    values = {**_of_deal(demo), "owner": demo.people["tomas"].pk, "name": "Delivery", "status": status}
    return {**values, "invoice_date": day, "due_date": day + timedelta(days=30)}


def _case(demo: DemoRecords) -> Values:
    contact, values = demo.pick(demo.made["contacts"])
    return {
        "name": demo.pick(words.SUBJECTS), "contact": contact, "account": values["account"],
        "status": demo.pick(["new", "in_progress", "waiting", "solved", "closed"]),
        "priority": demo.pick(["high", "normal", "normal", "low"]),
        "origin": demo.pick(["email", "phone", "web", "chat"]), "email": values["email"],
        "owner": demo.people["wei"].pk,
    }  # fmt: skip


def _task(demo: DemoRecords) -> Values:
    module = demo.pick(["leads", "deals", "accounts", "cases"])
    record, values = demo.pick(demo.made[module])
    status = demo.pick(["open", "open", "in_progress", "done"])
    return {
        "name": demo.pick(words.NEXT_STEPS), "related": (module, record), "status": status,
        "priority": demo.pick(["high", "normal", "low"]), "due_date": demo.day(-5, 25),
        "owner": values["owner"],
    }  # fmt: skip
