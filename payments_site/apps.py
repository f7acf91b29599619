"""The roof as two Django apps: the site itself, and Django's admin with our site as its default."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.core import checks
from django.db.models.signals import post_migrate


class PaymentsSiteConfig(AppConfig):
    name = "payments_site"
    default = True

    def ready(self) -> None:
        from foundation.vault.sealed_columns import register_direct_secrets
        from payments_site.admin_checks import check_actions
        from payments_site.roles import write_roles
        from payments_site.second_factors import SECOND_FACTORS

        register_direct_secrets(SECOND_FACTORS)
        checks.register(check_actions, checks.Tags.admin)
        # Permissions exist only after migrating, so the roles that hold them are written then.
        post_migrate.connect(write_roles, dispatch_uid="payments_site.roles")


class BackOfficeAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "payments_site.admin_site.BackOfficeSite"
