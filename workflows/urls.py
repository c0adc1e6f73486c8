"""Addresses of workflow automation."""

from django.urls import path

from workflows.views import unsubscribing

urlpatterns = [
    path("unsubscribe/<str:token>/", unsubscribing.unsubscribe, name="unsubscribe"),
]
