"""The routes of disputes under /v1."""

from django.urls import path

from disputes.api import files, views

urlpatterns = [
    path("disputes", views.DisputesView.as_view()),
    path("disputes/<str:id>", views.DisputeView.as_view()),
    path("disputes/<str:id>/close", views.DisputeCloseView.as_view()),
    path("files", files.FilesView.as_view()),
    path("files/<str:id>", files.FileView.as_view()),
    path("files/<str:id>/contents", files.FileContentsView.as_view()),
]
