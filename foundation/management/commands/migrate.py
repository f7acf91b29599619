"""Django's migrate, as the owner of the tables, and then the application's rights on them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connection

from foundation.rights.granting import RightsNotGranted, grant_rights
from foundation.rights.owner import connected_as_owner
from foundation.rights.separation import check_separation
from foundation.rights.tables import APP_ROLE

_POWERS = """
SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
    rolsuper OR rolcreaterole OR EXISTS (SELECT FROM pg_roles WHERE rolname = %s)
FROM pg_roles WHERE rolname = current_user
"""


class Command(migrate.Command):
    help = f"{migrate.Command.help} Runs as the owner (DATABASE_OWNER_URL), then grants the application its rights."

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        # Before the first migration the application may have no role to connect with; it is looked at afterwards.
        return super().get_check_kwargs(options) | {"databases": None}

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] != DEFAULT_DB_ALIAS:
            super().handle(*args, **options)
            return
        with connected_as_owner():
            can_grant = self._look_at_owner()
            super().handle(*args, **options)
            if can_grant and not options["plan"]:
                try:
                    grant_rights()
                except RightsNotGranted as error:
                    raise CommandError(str(error)) from error
        for message in check_separation(databases=[DEFAULT_DB_ALIAS]):
            self.stderr.write(self.style.WARNING(str(message)))

    def _look_at_owner(self) -> bool:
        """Whether the application's role is there or can be made. Raises for somebody who can make no table."""
        with connection.cursor() as cursor:
            cursor.execute(_POWERS, [APP_ROLE])
            may_migrate, can_grant = cursor.fetchone()
        if not may_migrate:
            login = connection.settings_dict["USER"]
            raise CommandError(
                f"{login} may not create tables: set DATABASE_OWNER_URL to their owner's login."
            )
        return bool(can_grant)
