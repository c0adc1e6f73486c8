"""Business hours: the week, the country's holidays, special days, and who has them."""

# ruff: noqa: ARG002 — Django gives the signatures
from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminTextInputWidget,
)

from crm.admin.base import AnyModelForm, TableInline, actor_of
from crm.admin.roles import KeyedForm, KeyedPage
from crm.models import SharingGroup, User
from workflows.admin.rules import in_order
from workflows.business_hours import WEEKDAYS, organisation_zone
from workflows.hours import PeriodProblem, Periods
from workflows.hours.periods import as_pairs, read_periods, stored_periods, written
from workflows.hours.public import country_choices, country_name, public_holidays, region_choices
from workflows.hours_verbs import FEATURE, SpecialDraft, delete_hours, save_hours
from workflows.models import BusinessHours, SpecialDay

NOTHING = ("", "–")
CLOSED = gettext_lazy("closed")
WEEK_HELP = gettext_lazy("For example 9:00–12:30, 13:00–17:00. Empty is closed; 24:00 is the end of a day.")


class PeriodsField(forms.CharField):
    """Periods of one day, typed as text; empty means closed."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget(attrs={"placeholder": kwargs.pop("empty")})
        super().__init__(required=False, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Stored pairs as text; what was typed as it is."""
        return written(stored_periods(value)) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> list[list[str]]:
        """As documents keep them."""
        try:
            return as_pairs(read_periods(super().clean(value)))
        except PeriodProblem as problem:
            raise ValidationError(str(problem)) from None


class HoursForm(KeyedForm):
    """Hours as the admin edits them: a line per weekday."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        initial=organisation_zone,
        choices=lambda: [(name, name) for name in sorted(available_timezones())],
        widget=UnfoldAdminSelect2Widget(),
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=lambda: [NOTHING, *country_choices()],
        required=False,
        widget=UnfoldAdminSelect2Widget(),
        help_text=gettext_lazy("Closed on its public holidays."),
    )
    region = forms.ChoiceField(
        label=gettext_lazy("Region"),
        required=False,
        widget=UnfoldAdminSelect2Widget(),
        help_text=gettext_lazy(
            "Where holidays differ within the country. Choose the country and save first."
        ),
    )
    monday = PeriodsField(label=WEEKDAY_NAMES[0], empty=CLOSED)
    tuesday = PeriodsField(label=WEEKDAY_NAMES[1], empty=CLOSED)
    wednesday = PeriodsField(label=WEEKDAY_NAMES[2], empty=CLOSED)
    thursday = PeriodsField(label=WEEKDAY_NAMES[3], empty=CLOSED)
    friday = PeriodsField(label=WEEKDAY_NAMES[4], empty=CLOSED)
    saturday = PeriodsField(label=WEEKDAY_NAMES[5], empty=CLOSED)
    sunday = PeriodsField(label=WEEKDAY_NAMES[6], empty=CLOSED)
    groups = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Groups"),
        queryset=SharingGroup.objects.all(),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget(),
    )
    users = forms.ModelMultipleChoiceField(
        label=gettext_lazy("People"),
        queryset=User.objects.all(),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget(),
        help_text=gettext_lazy("Their own hours come before those of their groups."),
    )

    class Meta:
        model = BusinessHours
        fields = ("name", "key", "time_zone", "is_default", "users", "groups", "country", "region")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weekday in WEEKDAYS:
            self.initial[weekday] = self.instance.week.get(weekday, [])
        country = self.data.get("country", "") or self.instance.country
        region = self.fields["region"]
        region.choices = [NOTHING, *region_choices(country)]  # type: ignore[attr-defined]

    def week(self) -> dict[str, list[list[str]]]:
        """What was typed for the days that are not closed."""
        return {day: pairs for day in WEEKDAYS if (pairs := self.cleaned_data[day])}


class SpecialForm(AnyModelForm):
    """A date that differs."""

    periods = PeriodsField(label=gettext_lazy("periods"), empty="9:00–12:00")

    class Meta:
        model = SpecialDay
        fields = ("day", "name", "kind", "periods")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label

    def clean(self) -> dict[str, Any]:
        """What is closed has no periods."""
        given = super().clean() or self.cleaned_data
        if given.get("periods") and given.get("kind") == SpecialDay.Kind.CLOSED:
            self.add_error("periods", _("A closed day has no periods."))
        return given


class SpecialDays(TableInline):
    """Holidays of one's own, and days open all the same; without periods as usual on that weekday."""

    feature = FEATURE
    model = SpecialDay
    form = SpecialForm
    fields = ("day", "name", "kind", "periods")


@admin.register(BusinessHours)
class HoursPage(KeyedPage):
    """The list of business hours, and a page for each."""

    feature = FEATURE
    group, icon = "company", "schedule"
    form = HoursForm
    list_display = ("name", "key", "time_zone", "country", "is_default")
    search_fields = ("name", "key")
    inlines = (SpecialDays,)
    fieldsets = (
        (None, {"fields": ("name", "key", "time_zone")}),
        (gettext_lazy("Week"), {"fields": WEEKDAYS, "description": WEEK_HELP}),
        (gettext_lazy("Public holidays"), {"fields": ("country", "region", "holidays")}),
        (gettext_lazy("Whose hours these are"), {"fields": ("is_default", "groups", "users")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "holidays")

    @admin.display(description=gettext_lazy("Holidays of this year and the next"))
    def holidays(self, hours: BusinessHours) -> SafeString | str:
        """The public holidays of the country that is saved."""
        if not hours.country:
            return _("Choose a country and save to see its holidays.")
        year = timezone.localdate().year
        return format_html(
            '<div class="flex flex-wrap gap-8">{}{}</div>', _year(hours, year), _year(hours, year + 1)
        )

    def store(
        self, request: HttpRequest, obj: BusinessHours, form: Any, formsets: Any, *, change: bool
    ) -> None:
        given = form.cleaned_data
        obj.week = form.week()
        save_hours(
            hours=obj,
            actor=actor_of(request),
            special=[_special(row.cleaned_data) for row in in_order(formsets[0])],
            users=given["users"],
            groups=given["groups"],
        )

    def remove(self, request: HttpRequest, obj: BusinessHours) -> None:
        delete_hours(hours=obj, actor=actor_of(request))


def _special(given: dict[str, Any]) -> SpecialDraft:
    periods: Periods = stored_periods(given["periods"])
    return SpecialDraft(given["day"], given["kind"] == SpecialDay.Kind.OPEN, periods, given["name"])


def _year(hours: BusinessHours, year: int) -> SafeString:
    """The holidays of one year as a table."""
    found = public_holidays(hours.country, hours.region, year)
    row = '<tr><th scope="row" class="font-normal pr-4 text-left">{}</th><td>{}</td></tr>'
    rows = format_html_join("", row, [(date_format(day, "D j F"), name) for day, name in found.items()])
    head = '<caption class="font-semibold text-left">{} {}</caption>'
    caption = format_html(head, country_name(hours.country), year)
    return format_html('<div><table class="align-top">{}{}</table></div>', caption, rows)
