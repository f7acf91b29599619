"""The roof: settings, URLs, Celery, the admin site. Knows every app; no app imports it."""

from payments_site.celery import app as celery_app

__all__ = ("celery_app",)
