"""Addresses of the staff pages and the admin."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import path, register_converter

from crm.views import binning, entering, entrance, home, lists, lookup, notes, notifications, records
from crm.views.addresses import RecordId

register_converter(RecordId, "record")

# The first part of an address is a module's key, but for these: no module may have such a key.
urlpatterns = [
    path("", home.home, name="home"),
    path("admin/", admin.site.urls),
    path("login/", entrance.LogIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.read_all, name="read_all"),
    path("notifications/<record:pk>/", notifications.open_one, name="open_notification"),
    path("lookup/<slug:key>/", lookup.lookup, name="lookup"),
    path("<slug:key>/", lists.list_page, name="list"),
    path("<slug:key>/count/", lists.count_fragment, name="count"),
    path("<slug:key>/new/", entering.new, name="new"),
    path("<slug:key>/<record:pk>/", records.record_page, name="record"),
    path("<slug:key>/<record:pk>/timeline/", records.timeline_fragment, name="timeline"),
    path("<slug:key>/<record:pk>/edit/", entering.edit, name="edit"),
    path("<slug:key>/<record:pk>/delete/", binning.delete, name="delete"),
    path("<slug:key>/<record:pk>/notes/", notes.add, name="add_note"),
]
