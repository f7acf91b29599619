"""What the application's database role may do with each table, and who may do more.

The owner of the tables migrates. The application works as payments_app, which owns nothing: it reads and adds
everywhere, and changes or deletes only where no protection of foundation/audit says otherwise. `migrate` grants
this anew each time from the migrations themselves (docs/adr/0017-database-roles.md).
"""
