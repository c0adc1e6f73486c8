"""Addresses of workflow automation."""

from django.urls import path

from workflows import views

urlpatterns = [
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
