import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
import django_fsm
import foundation.clock
import foundation.events.fields
import foundation.ids
import foundation.tenancy.scoping
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="EventCursor",
            fields=[
                ("consumer", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("xid", foundation.events.fields.Xid8Field(default=0)),
                ("position", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(default=foundation.clock.now)),
            ],
            options={
                "verbose_name": "event cursor",
                "ordering": ("consumer",),
            },
        ),
        migrations.CreateModel(
            name="StaffUser",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
                ),
                (
                    "timezone",
                    models.CharField(
                        default="UTC", help_text="Times in the admin are shown in this zone.", max_length=64
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "staff member",
                "ordering": ("username",),
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("table_name", models.CharField(max_length=63)),
                ("row_id", models.TextField()),
                ("merchant_id", models.UUIDField(null=True)),
                ("operation", models.CharField(help_text="INSERT, UPDATE or DELETE.", max_length=6)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("actor", models.TextField()),
                ("request_id", models.TextField()),
                ("trace_id", models.TextField()),
                ("created_at", models.DateTimeField()),
                (
                    "xid",
                    foundation.events.fields.Xid8Field(
                        db_default=models.Func(function="pg_current_xact_id"), editable=False
                    ),
                ),
            ],
            options={
                "verbose_name": "audit event",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["table_name", "row_id", "id"], name="audit_event_row"),
                    models.Index(fields=["merchant_id", "-id"], name="audit_event_merchant"),
                    django.contrib.postgres.indexes.BrinIndex(
                        fields=["created_at"], name="audit_event_created"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalStaffUser",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        db_index=True,
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
                ),
                (
                    "timezone",
                    models.CharField(
                        default="UTC", help_text="Times in the admin are shown in this zone.", max_length=64
                    ),
                ),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical staff member",
                "verbose_name_plural": "historical staff members",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("merchant_id", models.UUIDField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=100)),
                ("queue", models.CharField(max_length=32)),
                ("args", models.JSONField(default=dict)),
                ("run_after", models.DateTimeField(default=foundation.clock.now)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ready", "Ready"),
                            ("sent", "Sent"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("dead", "Dead"),
                        ],
                        default="ready",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("max_attempts", models.PositiveSmallIntegerField(default=10)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.TextField(blank=True)),
                ("outcome", models.CharField(blank=True, max_length=200)),
                ("dedupe_key", models.CharField(blank=True, max_length=200, null=True)),
                ("traceparent", models.CharField(blank=True, max_length=64)),
                ("trace_id", models.CharField(blank=True, max_length=32)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("actor", models.CharField(blank=True, max_length=150)),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "job",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "ready")),
                        fields=["queue", "run_after"],
                        name="job_ready",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["sent", "running"])),
                        fields=["lease_until"],
                        name="job_leased",
                    ),
                    models.Index(
                        condition=models.Q(("status", "dead")), fields=["finished_at"], name="job_dead"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("dedupe_key__isnull", False)),
                        fields=("dedupe_key",),
                        name="job_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Merchant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "livemode",
                    models.BooleanField(
                        default=False, help_text="Off: a sandbox merchant with sk_test_ keys."
                    ),
                ),
                ("default_currency", models.CharField(help_text="ISO 4217, lower case.", max_length=3)),
                ("country", models.CharField(default="US", max_length=2)),
                ("timezone", models.CharField(default="UTC", max_length=64)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                (
                    "platform",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="connected",
                        to="foundation.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "merchant",
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="HistoricalMerchant",
            fields=[
                ("id", models.UUIDField(db_index=True, default=foundation.ids.new_id, editable=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "livemode",
                    models.BooleanField(
                        default=False, help_text="Off: a sandbox merchant with sk_test_ keys."
                    ),
                ),
                ("default_currency", models.CharField(help_text="ISO 4217, lower case.", max_length=3)),
                ("country", models.CharField(default="US", max_length=2)),
                ("timezone", models.CharField(default="UTC", max_length=64)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="foundation.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical merchant",
                "verbose_name_plural": "historical merchants",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalApiKey",
            fields=[
                ("id", models.UUIDField(db_index=True, default=foundation.ids.new_id, editable=False)),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "shown_prefix",
                    models.CharField(
                        editable=False, help_text="First characters, to tell keys apart.", max_length=16
                    ),
                ),
                ("last4", models.CharField(editable=False, max_length=4)),
                ("scopes", models.JSONField(default=dict)),
                (
                    "allowed_networks",
                    models.JSONField(blank=True, default=list, help_text="CIDR networks; empty: any."),
                ),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="foundation.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical API key",
                "verbose_name_plural": "historical API keys",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("type", models.CharField(max_length=100)),
                ("object_type", models.CharField(max_length=64)),
                ("object_id", models.UUIDField()),
                ("data", models.JSONField()),
                ("previous_attributes", models.JSONField(blank=True, null=True)),
                ("api_version", models.CharField(max_length=32)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("idempotency_key", models.CharField(blank=True, max_length=255)),
                ("trace_id", models.CharField(blank=True, max_length=32)),
                ("actor", models.CharField(blank=True, max_length=150)),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                ("position", models.BigIntegerField(db_default=0, editable=False)),
                (
                    "xid",
                    foundation.events.fields.Xid8Field(
                        db_default=models.Func(function="pg_current_xact_id"), editable=False
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "across_merchants",
                "default_manager_name": "across_merchants",
            },
            managers=[
                ("across_merchants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="DataKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("wrapped_key", models.TextField(editable=False)),
                ("wrapping_key_id", models.CharField(db_index=True, editable=False, max_length=64)),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                ("rewrapped_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "data key",
                "ordering": ("id",),
                "abstract": False,
                "base_manager_name": "across_merchants",
                "default_manager_name": "across_merchants",
            },
            managers=[
                ("across_merchants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("secret_sha256", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "shown_prefix",
                    models.CharField(
                        editable=False, help_text="First characters, to tell keys apart.", max_length=16
                    ),
                ),
                ("last4", models.CharField(editable=False, max_length=4)),
                ("scopes", models.JSONField(default=dict)),
                (
                    "allowed_networks",
                    models.JSONField(blank=True, default=list, help_text="CIDR networks; empty: any."),
                ),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "across_merchants",
                "default_manager_name": "across_merchants",
            },
            managers=[
                ("across_merchants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="StaffAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="foundation.merchant",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "merchant assignment",
                "ordering": ("id",),
            },
        ),
        migrations.AddField(
            model_name="staffuser",
            name="merchants",
            field=models.ManyToManyField(
                related_name="staff", through="foundation.StaffAssignment", to="foundation.merchant"
            ),
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("object_id", models.UUIDField(editable=False)),
                ("event_position", models.BigIntegerField(editable=False)),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[("pending", "Pending"), ("succeeded", "Succeeded"), ("failed", "Failed")],
                        default="pending",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("last_status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                ("finished_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="foundation.event",
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "across_merchants",
                "default_manager_name": "across_merchants",
            },
            managers=[
                ("across_merchants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="DeliveryAttempt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField()),
                ("status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("latency_ms", models.PositiveIntegerField(blank=True, null=True)),
                ("response_excerpt", models.CharField(blank=True, max_length=2048)),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.merchant",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tries",
                        to="foundation.webhookdelivery",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery attempt",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "across_merchants",
                "default_manager_name": "across_merchants",
            },
            managers=[
                ("across_merchants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("url", models.CharField(max_length=2048)),
                ("enabled_events", models.JSONField(help_text='Event types; ["*"] for all.')),
                ("description", models.CharField(blank=True, max_length=5000)),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("api_version", models.CharField(max_length=32)),
                (
                    "status",
                    django_fsm.FSMField(
                        choices=[("enabled", "Enabled"), ("disabled", "Disabled")],
                        default="enabled",
                        max_length=50,
                        protected=True,
                    ),
                ),
                ("disabled_reason", models.CharField(blank=True, max_length=200)),
                ("failing_since", models.DateTimeField(blank=True, editable=False, null=True)),
                ("secret_encrypted", models.TextField(editable=False)),
                ("previous_secret_encrypted", models.TextField(blank=True, editable=False)),
                ("previous_secret_expires_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook endpoint",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "across_merchants",
                "default_manager_name": "across_merchants",
            },
            managers=[
                ("across_merchants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="foundation.webhookendpoint",
            ),
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(editable=False, max_length=255)),
                (
                    "request_hash",
                    models.CharField(
                        editable=False, help_text="SHA-256 of method, path and parameters.", max_length=64
                    ),
                ),
                ("method", models.CharField(editable=False, max_length=8)),
                ("path", models.CharField(editable=False, max_length=500)),
                (
                    "recovery_point",
                    models.CharField(
                        choices=[
                            ("started", "Started"),
                            ("attempt_persisted", "Attempt Persisted"),
                            ("psp_done", "Psp Done"),
                            ("finished", "Finished"),
                        ],
                        default="started",
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "reserved_id",
                    models.UUIDField(
                        default=foundation.ids.new_id,
                        editable=False,
                        help_text="The id the created object gets.",
                    ),
                ),
                ("lease_until", models.DateTimeField(editable=False)),
                ("fencing_token", models.PositiveIntegerField(default=1, editable=False)),
                ("response_status", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("response_body", models.BinaryField(null=True)),
                ("request_id", models.CharField(editable=False, max_length=64)),
                ("created_at", models.DateTimeField(default=foundation.clock.now, editable=False)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                (
                    "merchant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="foundation.merchant",
                    ),
                ),
            ],
            options={
                "verbose_name": "idempotency key",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "across_merchants",
                "default_manager_name": "across_merchants",
                "indexes": [models.Index(fields=["created_at"], name="idempotency_key_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("merchant", "key"), name="idempotency_key_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("finished_at__isnull", True),
                            models.Q(("response_body__isnull", False), ("response_status__isnull", False)),
                            _connector="OR",
                        ),
                        name="idempotency_key_finished_has_answer",
                    ),
                ],
            },
            managers=[
                ("across_merchants", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["xid", "position"], name="event_stream"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["merchant", "type", "id"], name="event_by_type"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["merchant", "object_id", "id"], name="event_by_object"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="event_created"
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(fields=("merchant", "id"), name="event_tenant_key"),
        ),
        migrations.AddConstraint(
            model_name="datakey",
            constraint=models.UniqueConstraint(fields=("merchant",), name="data_key_one_per_merchant"),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.UniqueConstraint(fields=("merchant", "id"), name="api_key_tenant_key"),
        ),
        migrations.AddConstraint(
            model_name="staffassignment",
            constraint=models.UniqueConstraint(fields=("staff", "merchant"), name="staff_assignment_once"),
        ),
        migrations.AddConstraint(
            model_name="deliveryattempt",
            constraint=foundation.tenancy.scoping.SameMerchant(
                field="delivery",
                name="delivery_attempt_delivery_same_merchant",
                to="foundation_webhookdelivery",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookendpoint",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("status", "enabled")),
                fields=["merchant"],
                name="webhook_endpoint_listening",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.UniqueConstraint(fields=("merchant", "id"), name="webhook_endpoint_tenant_key"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["endpoint", "object_id", "event_position"],
                name="webhook_delivery_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["next_attempt_at"],
                name="webhook_delivery_pending",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "-id"], name="webhook_delivery_of_endpoint"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(fields=("merchant", "id"), name="webhook_delivery_tenant_key"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=foundation.tenancy.scoping.SameMerchant(
                field="endpoint",
                name="webhook_delivery_endpoint_same_merchant",
                to="foundation_webhookendpoint",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=foundation.tenancy.scoping.SameMerchant(
                field="event", name="webhook_delivery_event_same_merchant", to="foundation_event"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                fields=("merchant", "event", "endpoint"), name="webhook_delivery_once"
            ),
        ),
    ]
