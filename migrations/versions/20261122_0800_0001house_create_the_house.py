"""create the house"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import sql

revision: str = "0001house"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.execute(sql("scope.sql"))
    op.create_table(
        "audit_event",
        sa.Column("chain", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_person", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("practice_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(tenant_id, practice_id, person_id) = 1", name=op.f("ck_audit_event_one_owner")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        info={"kind": "ledger"},
    )
    op.execute("ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit_event FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON audit_event USING (CASE WHEN tenant_id IS NOT NULL THEN tenant_id = ANY ((SELECT scope_tenants())::int[]) WHEN practice_id IS NOT NULL THEN practice_id = ANY ((SELECT scope_practices())::int[]) ELSE person_id = ANY ((SELECT scope_persons())::int[]) END) WITH CHECK (CASE WHEN tenant_id IS NOT NULL THEN tenant_id = ANY ((SELECT scope_tenants())::int[]) WHEN practice_id IS NOT NULL THEN practice_id = ANY ((SELECT scope_practices())::int[]) ELSE person_id = ANY ((SELECT scope_persons())::int[]) END)"
    )
    op.execute("GRANT SELECT, INSERT ON audit_event TO desk_runtime")
    op.create_index("uq_audit_event_person_chain", "audit_event", ["person_id", "chain"], unique=True)
    op.create_index("uq_audit_event_practice_chain", "audit_event", ["practice_id", "chain"], unique=True)
    op.create_index("uq_audit_event_tenant_chain", "audit_event", ["tenant_id", "chain"], unique=True)
    op.create_table(
        "check_result",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("state_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("maintained", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "state_id", "seen_at", name=op.f("pk_check_result")),
        info={"kind": "tenant"},
        postgresql_partition_by="RANGE (seen_at)",
    )
    op.execute("ALTER TABLE check_result ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_result FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_result USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_result TO desk_runtime")
    op.create_table(
        "engine_pulse",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engine_pulse")),
        sa.UniqueConstraint("name", name=op.f("uq_engine_pulse_name")),
        info={"kind": "reference"},
    )
    op.execute("GRANT SELECT ON engine_pulse TO desk_runtime")
    op.create_table(
        "holiday",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("kind IN ('work', 'off', 'statutory')", name=op.f("ck_holiday_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
        sa.UniqueConstraint("day", name=op.f("uq_holiday_day")),
        info={"kind": "reference"},
    )
    op.execute("GRANT SELECT ON holiday TO desk_runtime")
    op.create_table(
        "invitation",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=True),
        sa.Column("invited_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("practice_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "role IN ('owner', 'engineer', 'assistant', 'boss', 'finance', 'it_contact', 'user', 'successor')",
            name=op.f("ck_invitation_role"),
        ),
        sa.CheckConstraint("num_nonnulls(tenant_id, practice_id, person_id) = 1", name=op.f("ck_invitation_one_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
        info={"kind": "ledger"},
    )
    op.execute("ALTER TABLE invitation ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invitation FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON invitation USING (CASE WHEN tenant_id IS NOT NULL THEN tenant_id = ANY ((SELECT scope_tenants())::int[]) WHEN practice_id IS NOT NULL THEN practice_id = ANY ((SELECT scope_practices())::int[]) ELSE person_id = ANY ((SELECT scope_persons())::int[]) END) WITH CHECK (CASE WHEN tenant_id IS NOT NULL THEN tenant_id = ANY ((SELECT scope_tenants())::int[]) WHEN practice_id IS NOT NULL THEN practice_id = ANY ((SELECT scope_practices())::int[]) ELSE person_id = ANY ((SELECT scope_persons())::int[]) END)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON invitation TO desk_runtime")
    op.create_index("ix_invitation_practice", "invitation", ["practice_id", "email"], unique=False)
    op.create_index("ix_invitation_tenant", "invitation", ["tenant_id", "email"], unique=False)
    op.create_table(
        "job",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("practice_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_state")),
        sa.CheckConstraint("num_nonnulls(tenant_id, practice_id, person_id) = 1", name=op.f("ck_job_one_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        info={"kind": "ledger"},
    )
    op.execute("ALTER TABLE job ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE job FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON job USING (CASE WHEN tenant_id IS NOT NULL THEN tenant_id = ANY ((SELECT scope_tenants())::int[]) WHEN practice_id IS NOT NULL THEN practice_id = ANY ((SELECT scope_practices())::int[]) ELSE person_id = ANY ((SELECT scope_persons())::int[]) END) WITH CHECK (CASE WHEN tenant_id IS NOT NULL THEN tenant_id = ANY ((SELECT scope_tenants())::int[]) WHEN practice_id IS NOT NULL THEN practice_id = ANY ((SELECT scope_practices())::int[]) ELSE person_id = ANY ((SELECT scope_persons())::int[]) END)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON job TO desk_runtime")
    op.create_index("ix_job_open", "job", ["due_at"], unique=False, postgresql_where="state in ('queued', 'running')")
    op.create_index(
        "uq_job_slot",
        "job",
        ["kind", "tenant_id", "practice_id", "person_id", "slot"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "mail",
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("practice_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'handing_over', 'sent', 'maybe_sent', 'failed')", name=op.f("ck_mail_state")
        ),
        sa.CheckConstraint("num_nonnulls(tenant_id, practice_id, person_id) = 1", name=op.f("ck_mail_one_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
        info={"kind": "ledger"},
    )
    op.execute("ALTER TABLE mail ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE mail FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON mail USING (CASE WHEN tenant_id IS NOT NULL THEN tenant_id = ANY ((SELECT scope_tenants())::int[]) WHEN practice_id IS NOT NULL THEN practice_id = ANY ((SELECT scope_practices())::int[]) ELSE person_id = ANY ((SELECT scope_persons())::int[]) END) WITH CHECK (CASE WHEN tenant_id IS NOT NULL THEN tenant_id = ANY ((SELECT scope_tenants())::int[]) WHEN practice_id IS NOT NULL THEN practice_id = ANY ((SELECT scope_practices())::int[]) ELSE person_id = ANY ((SELECT scope_persons())::int[]) END)"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON mail TO desk_runtime")
    op.create_index("ix_mail_tenant_about", "mail", ["tenant_id", "about"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("totp_pending", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=False),
        sa.Column("is_operator", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('zh_Hans_CN', 'en')", name=op.f("ck_person_language")),
        sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name=op.f("ck_person_theme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
        info={"kind": "person"},
    )
    op.execute("ALTER TABLE person ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE person FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON person USING (id = ANY ((SELECT scope_persons())::int[])) WITH CHECK (id = ANY ((SELECT scope_persons())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON person TO desk_runtime")
    op.create_table(
        "practice",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("bank_name", sa.Text(), nullable=False),
        sa.Column("bank_account", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE practice ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE practice FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON practice USING (id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON practice TO desk_runtime")
    op.create_table(
        "alert_destination",
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("severities", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("when_over", sa.Boolean(), nullable=False),
        sa.Column("client_ids", sa.ARRAY(sa.Integer()), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("digest_minute", sa.SmallInteger(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("off_why", sa.Text(), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("paced_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("test_state", sa.Text(), nullable=False),
        sa.Column("test_answer", sa.Text(), nullable=False),
        sa.Column("test_ms", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("digest IN ('', 'hourly', 'daily')", name=op.f("ck_alert_destination_digest")),
        sa.CheckConstraint(
            "test_state IN ('', 'asked', 'sent', 'maybe_sent', 'failed')", name=op.f("ck_alert_destination_test_state")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_alert_destination_person_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_alert_destination_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_alert_destination")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE alert_destination ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE alert_destination FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON alert_destination USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON alert_destination TO desk_runtime")
    op.create_index(
        "ix_alert_destination_practice_id_person_id", "alert_destination", ["practice_id", "person_id"], unique=False
    )
    op.create_index(
        "uq_alert_destination_own_mail",
        "alert_destination",
        ["practice_id", "person_id"],
        unique=True,
        postgresql_where="channel = 'email' and person_id is not null",
    )
    op.create_table(
        "bell_item",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("kind IN ('alert', 'channel')", name=op.f("ck_bell_item_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_bell_item_person_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_bell_item_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_bell_item")),
        sa.UniqueConstraint(
            "practice_id",
            "person_id",
            "kind",
            "client_id",
            "subject_id",
            name=op.f("uq_bell_item_practice_id_person_id_kind_client_id_subject_id"),
        ),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE bell_item ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE bell_item FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON bell_item USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON bell_item TO desk_runtime")
    op.create_index(
        "ix_bell_item_practice_id_person_id_at", "bell_item", ["practice_id", "person_id", "at"], unique=False
    )
    op.create_index(
        "ix_bell_item_unread",
        "bell_item",
        ["practice_id", "person_id"],
        unique=False,
        postgresql_where="read_at is null",
    )
    op.create_table(
        "draft",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_draft_person_id")),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_draft")),
        sa.UniqueConstraint("person_id", "place", name=op.f("uq_draft_person_id_place")),
        info={"kind": "person"},
    )
    op.execute("ALTER TABLE draft ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE draft FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON draft USING (person_id = ANY ((SELECT scope_persons())::int[])) WITH CHECK (person_id = ANY ((SELECT scope_persons())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON draft TO desk_runtime")
    op.create_table(
        "number_series",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("resets", sa.Text(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("key IN ('invoice', 'credit_note')", name=op.f("ck_number_series_key")),
        sa.CheckConstraint("resets IN ('yearly', 'monthly', 'never')", name=op.f("ck_number_series_resets")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_number_series_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_number_series")),
        sa.UniqueConstraint("practice_id", "key", name=op.f("uq_number_series_practice_id_key")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE number_series ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE number_series FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON number_series USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON number_series TO desk_runtime")
    op.create_table(
        "person_token",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("purpose IN ('reset', 'second_factor')", name=op.f("ck_person_token_purpose")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_token_person_id")),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_person_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_person_token_token_hash")),
        info={"kind": "person"},
    )
    op.execute("ALTER TABLE person_token ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE person_token FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON person_token USING (person_id = ANY ((SELECT scope_persons())::int[])) WITH CHECK (person_id = ANY ((SELECT scope_persons())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON person_token TO desk_runtime")
    op.create_table(
        "practice_member",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("role IN ('owner', 'engineer', 'assistant')", name=op.f("ck_practice_member_role")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_practice_member_person_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_practice_member_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_practice_member")),
        sa.UniqueConstraint("practice_id", "person_id", name=op.f("uq_practice_member_practice_id_person_id")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE practice_member ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE practice_member FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON practice_member USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON practice_member TO desk_runtime")
    op.create_table(
        "quiet_hours",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.SmallInteger(), nullable=False),
        sa.Column("until_minute", sa.SmallInteger(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("breaks", sa.Boolean(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_quiet_hours_person_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_quiet_hours_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_quiet_hours")),
        sa.UniqueConstraint("practice_id", "person_id", name=op.f("uq_quiet_hours_practice_id_person_id")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE quiet_hours ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE quiet_hours FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON quiet_hours USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON quiet_hours TO desk_runtime")
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recovery_code_person_id")),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("person_id", "code_hash", name=op.f("uq_recovery_code_person_id_code_hash")),
        info={"kind": "person"},
    )
    op.execute("ALTER TABLE recovery_code ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE recovery_code FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON recovery_code USING (person_id = ANY ((SELECT scope_persons())::int[])) WITH CHECK (person_id = ANY ((SELECT scope_persons())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code TO desk_runtime")
    op.create_table(
        "shared_article",
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_shared_article_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_shared_article")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE shared_article ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE shared_article FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON shared_article USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON shared_article TO desk_runtime")
    op.create_index(
        "ix_shared_article_practice_id_updated_at", "shared_article", ["practice_id", "updated_at"], unique=False
    )
    op.create_table(
        "tax_rate",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=6, scale=3), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("rate >= 0 AND rate < 100", name=op.f("ck_tax_rate_rate")),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_tax_rate_validity")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_tax_rate_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint("practice_id", "code", "valid_from", name=op.f("uq_tax_rate_practice_id_code_valid_from")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE tax_rate ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE tax_rate FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON tax_rate USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON tax_rate TO desk_runtime")
    op.create_table(
        "tenant",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("initial", sa.Text(), nullable=False),
        sa.Column("colour", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("engineer_name", sa.Text(), nullable=False),
        sa.Column("pinned_note", sa.Text(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("bank_name", sa.Text(), nullable=False),
        sa.Column("bank_account", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_tenant_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenant_slug")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE tenant ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE tenant FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON tenant USING (id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON tenant TO desk_runtime")
    op.create_index("ix_tenant_practice", "tenant", ["practice_id"], unique=False)
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_web_session_person_id")),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_session_token_hash")),
        info={"kind": "person"},
    )
    op.execute("ALTER TABLE web_session ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE web_session FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON web_session USING (person_id = ANY ((SELECT scope_persons())::int[])) WITH CHECK (person_id = ANY ((SELECT scope_persons())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON web_session TO desk_runtime")
    op.create_table(
        "access_snapshot",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("users", sa.Integer(), nullable=False),
        sa.Column("grants", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_access_snapshot_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_access_snapshot")),
        sa.UniqueConstraint("tenant_id", "sha256", name=op.f("uq_access_snapshot_tenant_id_sha256")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE access_snapshot ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE access_snapshot FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON access_snapshot USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON access_snapshot TO desk_runtime")
    op.create_table(
        "article",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_article_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_article")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE article ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE article FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON article USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON article TO desk_runtime")
    op.create_index("ix_article_tenant_id_updated_at", "article", ["tenant_id", "updated_at"], unique=False)
    op.create_table(
        "blob",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_blob_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "sha256", name=op.f("pk_blob")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE blob ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE blob FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON blob USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON blob TO desk_runtime")
    op.create_table(
        "check_client_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("n_warn", sa.Integer(), nullable=False),
        sa.Column("n_crit", sa.Integer(), nullable=False),
        sa.Column("n_unknown", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_check_client_day_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_check_client_day")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE check_client_day ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_client_day FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_client_day USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_client_day TO desk_runtime")
    op.create_index("uq_check_client_day", "check_client_day", ["tenant_id", "day"], unique=True)
    op.create_table(
        "check_flip",
        sa.Column("state_id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "to_state IN ('ok', 'warn', 'crit', 'unknown', 'gone')", name=op.f("ck_check_flip_to_state")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_check_flip_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_check_flip")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE check_flip ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_flip FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_flip USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_flip TO desk_runtime")
    op.create_index("ix_check_flip_connection", "check_flip", ["tenant_id", "connection_id", "at"], unique=False)
    op.create_index(
        "ix_check_flip_fresh", "check_flip", ["tenant_id", "id"], unique=False, postgresql_where="noticed_at IS NULL"
    )
    op.create_index("ix_check_flip_state", "check_flip", ["tenant_id", "state_id", "at"], unique=False)
    op.create_table(
        "client_recipient",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("severities", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("when_over", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("digest_minute", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("digest IN ('', 'hourly', 'daily')", name=op.f("ck_client_recipient_digest")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_client_recipient_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_client_recipient")),
        sa.UniqueConstraint("tenant_id", "email", name=op.f("uq_client_recipient_tenant_id_email")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE client_recipient ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE client_recipient FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON client_recipient USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON client_recipient TO desk_runtime")
    op.create_table(
        "contact",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_vendor", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_contact_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contact")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE contact ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE contact FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON contact USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON contact TO desk_runtime")
    op.create_table(
        "contract",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rounding_mode", sa.Text(), nullable=False),
        sa.Column("rounding_step", sa.Integer(), nullable=False),
        sa.Column("rounding_scope", sa.Text(), nullable=False),
        sa.Column("minimum_minutes", sa.Integer(), nullable=False),
        sa.Column("group_by", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("tax_included", sa.Boolean(), nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("purchase_order", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("scope_in", sa.Text(), nullable=False),
        sa.Column("scope_out", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("group_by IN ('entry', 'ticket', 'activity')", name=op.f("ck_contract_group_by")),
        sa.CheckConstraint(
            "kind IN ('hourly', 'fixed_monthly', 'retainer', 'prepaid', 'per_incident', 'annual')",
            name=op.f("ck_contract_kind"),
        ),
        sa.CheckConstraint(
            "rounding_mode IN ('default', 'ceil', 'floor', 'closest')", name=op.f("ck_contract_rounding_mode")
        ),
        sa.CheckConstraint("rounding_scope IN ('entry', 'day', 'invoice')", name=op.f("ck_contract_rounding_scope")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_contract_term")),
        sa.CheckConstraint("rate_minor >= 0 AND payment_days >= 0", name=op.f("ck_contract_amounts")),
        sa.CheckConstraint("rounding_step > 0 AND minimum_minutes >= 0", name=op.f("ck_contract_rounding")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_contract_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contract")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE contract ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE contract FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON contract USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON contract TO desk_runtime")
    op.create_index("ix_contract_tenant_starts", "contract", ["tenant_id", "starts_on"], unique=False)
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_hint", sa.Text(), nullable=False),
        sa.Column("period_s", sa.Integer(), nullable=True),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("grace_s", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("healthy", sa.Boolean(), nullable=True),
        sa.Column("unjudged", sa.Boolean(), nullable=False),
        sa.Column("alert_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_ping_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_mark", sa.Text(), nullable=True),
        sa.Column("last_duration_s", sa.Float(), nullable=True),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pings", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "status IN ('new', 'up', 'running', 'failed', 'missed', 'timed_out', 'paused')",
            name=op.f("ck_heartbeat_status"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_heartbeat_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_heartbeat")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_heartbeat_key_hash")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE heartbeat ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE heartbeat FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON heartbeat USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON heartbeat TO desk_runtime")
    op.create_index(
        "ix_heartbeat_silent", "heartbeat", ["alert_after"], unique=False, postgresql_where="alert_after IS NOT NULL"
    )
    op.create_table(
        "leaver",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("left_on", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_leaver_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_leaver")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE leaver ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE leaver FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON leaver USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON leaver TO desk_runtime")
    op.create_table(
        "month_sign",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("worked_seconds", sa.Integer(), nullable=False),
        sa.Column("billable_minutes", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("state IN ('asked', 'confirmed', 'disputed')", name=op.f("ck_month_sign_state")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_month_sign_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_month_sign")),
        sa.UniqueConstraint("tenant_id", "month", name=op.f("uq_month_sign_tenant_id_month")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE month_sign ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE month_sign FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON month_sign USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON month_sign TO desk_runtime")
    op.create_table(
        "number_counter",
        sa.Column("series_id", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "series_id"],
            ["number_series.practice_id", "number_series.id"],
            name=op.f("fk_number_counter_practice_id_series_id"),
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_number_counter_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_number_counter")),
        sa.UniqueConstraint(
            "practice_id", "series_id", "period", name=op.f("uq_number_counter_practice_id_series_id_period")
        ),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE number_counter ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE number_counter FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON number_counter USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON number_counter TO desk_runtime")
    op.create_table(
        "payment",
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_reason", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("method IN ('bank', 'wechat', 'alipay', 'cash', 'other')", name=op.f("ck_payment_method")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_payment_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE payment ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE payment FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON payment USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON payment TO desk_runtime")
    op.create_index("ix_payment_tenant_received", "payment", ["tenant_id", "received_on"], unique=False)
    op.create_table(
        "push_seen",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("push_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_push_seen_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_push_seen")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE push_seen ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE push_seen FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON push_seen USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON push_seen TO desk_runtime")
    op.create_index("ix_push_seen_old", "push_seen", ["tenant_id", "received_at"], unique=False)
    op.create_index("uq_push_seen", "push_seen", ["tenant_id", "source", "push_id"], unique=True)
    op.create_table(
        "round_template",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("rhythm IN ('daily', 'weekly', 'monthly')", name=op.f("ck_round_template_rhythm")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_round_template_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_round_template")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE round_template ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE round_template FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON round_template USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON round_template TO desk_runtime")
    op.create_index(
        "uq_round_template_name",
        "round_template",
        ["tenant_id", "name"],
        unique=True,
        postgresql_where="archived_at IS NULL",
    )
    op.create_table(
        "running_timer",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("tenant_slug", sa.Text(), nullable=False),
        sa.Column("tenant_name", sa.Text(), nullable=False),
        sa.Column("colour", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("ticket_number", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_running_timer_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_running_timer_tenant_id")),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_running_timer")),
        sa.UniqueConstraint("person_id", name=op.f("uq_running_timer_person_id")),
        info={"kind": "person"},
    )
    op.execute("ALTER TABLE running_timer ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE running_timer FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON running_timer USING (person_id = ANY ((SELECT scope_persons())::int[])) WITH CHECK (person_id = ANY ((SELECT scope_persons())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON running_timer TO desk_runtime")
    op.create_table(
        "saved_view",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "member_id"],
            ["practice_member.practice_id", "practice_member.id"],
            name=op.f("fk_saved_view_practice_id_member_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_saved_view_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("practice_id", "page", "name", name=op.f("uq_saved_view_practice_id_page_name")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE saved_view ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE saved_view FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON saved_view USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON saved_view TO desk_runtime")
    op.create_table(
        "service_calendar",
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("weekly", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("cn_holidays", sa.Boolean(), nullable=False),
        sa.Column("makeup", sa.Boolean(), nullable=False),
        sa.Column("overrides", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vendor_pauses", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_service_calendar_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_service_calendar")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE service_calendar ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE service_calendar FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON service_calendar USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON service_calendar TO desk_runtime")
    op.create_index(
        "ix_service_calendar_tenant_id_created_at", "service_calendar", ["tenant_id", "created_at"], unique=False
    )
    op.create_table(
        "shared_article_gram",
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("gram", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id", "article_id"],
            ["shared_article.practice_id", "shared_article.id"],
            name=op.f("fk_shared_article_gram_practice_id_article_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_shared_article_gram_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "gram", "article_id", name=op.f("pk_shared_article_gram")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE shared_article_gram ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE shared_article_gram FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON shared_article_gram USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON shared_article_gram TO desk_runtime")
    op.create_index(
        "ix_shared_article_gram_article", "shared_article_gram", ["practice_id", "article_id"], unique=False
    )
    op.create_table(
        "site_agent",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("clock_ahead_s", sa.Float(), nullable=True),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alert_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("unjudged", sa.Boolean(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_site_agent_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_site_agent")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_site_agent_token_hash")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE site_agent ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE site_agent FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON site_agent USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON site_agent TO desk_runtime")
    op.create_index(
        "ix_site_agent_silent", "site_agent", ["alert_after"], unique=False, postgresql_where="alert_after IS NOT NULL"
    )
    op.create_index(
        "uq_site_agent_name", "site_agent", ["tenant_id", "name"], unique=True, postgresql_where="revoked_at IS NULL"
    )
    op.create_table(
        "sla_policy",
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("first_response_minutes", sa.Integer(), nullable=True),
        sa.Column("next_reply_minutes", sa.Integer(), nullable=True),
        sa.Column("next_update_minutes", sa.Integer(), nullable=True),
        sa.Column("resolution_minutes", sa.Integer(), nullable=True),
        sa.Column("round_the_clock", sa.Boolean(), nullable=False),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("priority IN ('P1', 'P2', 'P3', 'P4')", name=op.f("ck_sla_policy_priority")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_sla_policy_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sla_policy")),
        sa.UniqueConstraint("tenant_id", "priority", name=op.f("uq_sla_policy_tenant_id_priority")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE sla_policy ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE sla_policy FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON sla_policy USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON sla_policy TO desk_runtime")
    op.create_table(
        "tenant_assignment",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_tenant_assignment_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_tenant_assignment_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_assignment")),
        sa.UniqueConstraint("tenant_id", "person_id", name=op.f("uq_tenant_assignment_tenant_id_person_id")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE tenant_assignment ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE tenant_assignment FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON tenant_assignment USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_assignment TO desk_runtime")
    op.create_table(
        "tenant_member",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "role IN ('boss', 'finance', 'it_contact', 'user', 'successor')", name=op.f("ck_tenant_member_role")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_tenant_member_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_tenant_member_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_member")),
        sa.UniqueConstraint("tenant_id", "person_id", name=op.f("uq_tenant_member_tenant_id_person_id")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE tenant_member ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE tenant_member FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON tenant_member USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_member TO desk_runtime")
    op.create_table(
        "ticket_counter",
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ticket_counter_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket_counter")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_ticket_counter_tenant_id")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE ticket_counter ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_counter FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON ticket_counter USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_counter TO desk_runtime")
    op.create_table(
        "work_terms",
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate_source", sa.Text(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("mode IN ('default', 'ceil', 'floor', 'closest')", name=op.f("ck_work_terms_mode")),
        sa.CheckConstraint("scope IN ('entry', 'day', 'invoice')", name=op.f("ck_work_terms_scope")),
        sa.CheckConstraint("step > 0 AND minimum >= 0", name=op.f("ck_work_terms_rounding")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_work_terms_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_work_terms")),
        sa.UniqueConstraint("tenant_id", name=op.f("uq_work_terms_tenant_id")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE work_terms ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE work_terms FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON work_terms USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON work_terms TO desk_runtime")
    op.create_table(
        "worked_interval",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(person_id, person_id, '[]')"), "&&"),
            (sa.text("tstzrange(started_at, ended_at)"), "&&"),
            using="gist",
            name="ex_worked_interval_one_at_a_time",
        ),
        sa.CheckConstraint("ended_at > started_at", name=op.f("ck_worked_interval_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_worked_interval_person_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_worked_interval_tenant_id")),
        sa.PrimaryKeyConstraint("person_id", "id", name=op.f("pk_worked_interval")),
        sa.UniqueConstraint(
            "person_id", "tenant_id", "entry_id", name=op.f("uq_worked_interval_person_id_tenant_id_entry_id")
        ),
        info={"kind": "person"},
    )
    op.execute("ALTER TABLE worked_interval ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE worked_interval FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON worked_interval USING (person_id = ANY ((SELECT scope_persons())::int[])) WITH CHECK (person_id = ANY ((SELECT scope_persons())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON worked_interval TO desk_runtime")
    op.create_index(
        "ix_worked_interval_person_id_started_at", "worked_interval", ["person_id", "started_at"], unique=False
    )
    op.create_table(
        "agent_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["site_agent.tenant_id", "site_agent.id"],
            name=op.f("fk_agent_code_tenant_id_agent_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_agent_code_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_agent_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_agent_code_code_hash")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE agent_code ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE agent_code FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON agent_code USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON agent_code TO desk_runtime")
    op.create_table(
        "alert_delivery",
        sa.Column("notice_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("destination_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("held_for", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("mail_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("held_for IN ('', 'quiet', 'digest')", name=op.f("ck_alert_delivery_held_for")),
        sa.CheckConstraint(
            "state IN ('held', 'waiting', 'handing_over', 'sent', 'posted', 'maybe_sent', 'failed', 'dropped', 'merged')",
            name=op.f("ck_alert_delivery_state"),
        ),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_alert_delivery_mail_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recipient_id"],
            ["client_recipient.tenant_id", "client_recipient.id"],
            name=op.f("fk_alert_delivery_tenant_id_recipient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_alert_delivery_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_alert_delivery")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE alert_delivery ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE alert_delivery FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON alert_delivery USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON alert_delivery TO desk_runtime")
    op.create_index(
        "ix_alert_delivery_open",
        "alert_delivery",
        ["tenant_id", "due_at"],
        unique=False,
        postgresql_where="state in ('held', 'waiting')",
    )
    op.create_index(
        "ix_alert_delivery_tenant_id_created_at", "alert_delivery", ["tenant_id", "created_at"], unique=False
    )
    op.create_table(
        "article_gram",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("gram", sa.Text(), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "article_id"],
            ["article.tenant_id", "article.id"],
            name=op.f("fk_article_gram_tenant_id_article_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_article_gram_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "gram", "article_id", name=op.f("pk_article_gram")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE article_gram ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE article_gram FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON article_gram USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON article_gram TO desk_runtime")
    op.create_index("ix_article_gram_article", "article_gram", ["tenant_id", "article_id"], unique=False)
    op.create_table(
        "backup_copy",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("heartbeat_id", sa.BigInteger(), nullable=True),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("device IN ('disk', 'nas', 'tape', 'usb', 'object')", name=op.f("ck_backup_copy_device")),
        sa.CheckConstraint("how IN ('', 'hand', 'heartbeat', 'inventory')", name=op.f("ck_backup_copy_how")),
        sa.CheckConstraint("medium IN ('local', 'offsite', 'cloud')", name=op.f("ck_backup_copy_medium")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "heartbeat_id"],
            ["heartbeat.tenant_id", "heartbeat.id"],
            name=op.f("fk_backup_copy_tenant_id_heartbeat_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_backup_copy_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_backup_copy")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE backup_copy ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE backup_copy FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON backup_copy USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON backup_copy TO desk_runtime")
    op.create_index("ix_backup_copy_tenant_name", "backup_copy", ["tenant_id", "name"], unique=False)
    op.create_table(
        "erp_connection",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account_sets", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("probe", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("writable_accepted", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("road", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("(road = 'agent') = (agent_id IS NOT NULL)", name=op.f("ck_erp_connection_road_of_agent")),
        sa.CheckConstraint("environment IN ('production', 'test')", name=op.f("ck_erp_connection_environment")),
        sa.CheckConstraint("road IN ('server', 'agent', 'push')", name=op.f("ck_erp_connection_road")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["site_agent.tenant_id", "site_agent.id"],
            name=op.f("fk_erp_connection_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_erp_connection_tenant_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_erp_connection_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_erp_connection")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_erp_connection_tenant_id_name")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE erp_connection ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE erp_connection FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON erp_connection USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON erp_connection TO desk_runtime")
    op.create_table(
        "heartbeat_ping",
        sa.Column("heartbeat_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("exit_code", sa.SmallInteger(), nullable=True),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_cut", sa.Boolean(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("kind IN ('success', 'start', 'fail', 'log')", name=op.f("ck_heartbeat_ping_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "heartbeat_id"],
            ["heartbeat.tenant_id", "heartbeat.id"],
            name=op.f("fk_heartbeat_ping_tenant_id_heartbeat_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_heartbeat_ping_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_heartbeat_ping")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE heartbeat_ping ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE heartbeat_ping FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON heartbeat_ping USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON heartbeat_ping TO desk_runtime")
    op.create_index("uq_heartbeat_ping", "heartbeat_ping", ["tenant_id", "heartbeat_id", "n"], unique=True)
    op.create_table(
        "inspection_round",
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_by", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_inspection_round_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "template_id"],
            ["round_template.tenant_id", "round_template.id"],
            name=op.f("fk_inspection_round_tenant_id_template_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_inspection_round_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_inspection_round")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE inspection_round ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE inspection_round FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON inspection_round USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON inspection_round TO desk_runtime")
    op.create_index("ix_inspection_round_tenant_started", "inspection_round", ["tenant_id", "started_at"], unique=False)
    op.create_index(
        "uq_inspection_round_open",
        "inspection_round",
        ["tenant_id", "template_id"],
        unique=True,
        postgresql_where="state = 'open'",
    )
    op.create_table(
        "invoice",
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("contract_id", sa.BigInteger(), nullable=True),
        sa.Column("corrects_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("purchase_order", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("tax_included", sa.Boolean(), nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("supply_from", sa.Date(), nullable=False),
        sa.Column("supply_until", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("party", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("(kind = 'credit_note') = (corrects_id IS NOT NULL)", name=op.f("ck_invoice_corrects")),
        sa.CheckConstraint("(state = 'draft') = (number IS NULL)", name=op.f("ck_invoice_numbered")),
        sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f("ck_invoice_kind")),
        sa.CheckConstraint(
            "state IN ('draft', 'issued', 'partly_paid', 'paid', 'void', 'credited')", name=op.f("ck_invoice_state")
        ),
        sa.CheckConstraint("net_minor + tax_minor = total_minor", name=op.f("ck_invoice_total")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_invoice_practice_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("fk_invoice_tenant_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "corrects_id"], ["invoice.tenant_id", "invoice.id"], name="fk_invoice_corrects"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_invoice_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_invoice")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE invoice ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invoice FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON invoice USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON invoice TO desk_runtime")
    op.create_index("ix_invoice_issued", "invoice", ["issued_on", "tenant_id"], unique=False)
    op.create_index("ix_invoice_tenant_state", "invoice", ["tenant_id", "state", "due_on"], unique=False)
    op.create_index(
        "ix_invoice_unsettled",
        "invoice",
        ["tenant_id", "state", "due_on"],
        unique=False,
        postgresql_where="state IN ('draft', 'issued', 'partly_paid')",
    )
    op.create_index(
        "uq_invoice_corrects",
        "invoice",
        ["tenant_id", "corrects_id"],
        unique=True,
        postgresql_where="corrects_id IS NOT NULL AND state <> 'void'",
    )
    op.create_index("uq_invoice_number", "invoice", ["practice_id", "kind", "number"], unique=True)
    op.create_index("uq_invoice_sequence", "invoice", ["practice_id", "kind", "period", "sequence"], unique=True)
    op.create_table(
        "stored_file",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("shown_to_client", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "purpose IN ('attachment', 'evidence', 'invoice', 'paper')", name=op.f("ck_stored_file_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sha256"], ["blob.tenant_id", "blob.sha256"], name=op.f("fk_stored_file_tenant_id_sha256")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_stored_file_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_stored_file")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE stored_file ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE stored_file FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON stored_file USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON stored_file TO desk_runtime")
    op.create_index("ix_stored_file_tenant_about", "stored_file", ["tenant_id", "about"], unique=False)
    op.create_table(
        "alert_notice",
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("incident_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("severity IN ('warn', 'crit', 'unknown')", name=op.f("ck_alert_notice_severity")),
        sa.CheckConstraint(
            "why IN ('opened', 'escalated', 'ended', 'storm', 'flapping', 'digest', 'no_data')",
            name=op.f("ck_alert_notice_why"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_alert_notice_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_alert_notice_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_alert_notice")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE alert_notice ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE alert_notice FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON alert_notice USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON alert_notice TO desk_runtime")
    op.create_index("ix_alert_notice_recent", "alert_notice", ["tenant_id", "created_at"], unique=False)
    op.create_index(
        "ix_alert_notice_waiting",
        "alert_notice",
        ["tenant_id", "due_at"],
        unique=False,
        postgresql_where="taken_at is null",
    )
    op.create_table(
        "allocation",
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_allocation_amount")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoice.tenant_id", "invoice.id"],
            name=op.f("fk_allocation_tenant_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payment.tenant_id", "payment.id"],
            name=op.f("fk_allocation_tenant_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_allocation_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_allocation")),
        sa.UniqueConstraint(
            "tenant_id", "payment_id", "invoice_id", name=op.f("uq_allocation_tenant_id_payment_id_invoice_id")
        ),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE allocation ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE allocation FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON allocation USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON allocation TO desk_runtime")
    op.create_index("ix_allocation_tenant_invoice", "allocation", ["tenant_id", "invoice_id"], unique=False)
    op.create_table(
        "backup_plan",
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("backup_type", sa.Text(), nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=True),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=True),
        sa.Column("rpo_minutes", sa.Integer(), nullable=True),
        sa.Column("rto_minutes", sa.Integer(), nullable=True),
        sa.Column("responsible", sa.Text(), nullable=False),
        sa.Column("heartbeat_id", sa.BigInteger(), nullable=True),
        sa.Column("drill_every_days", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("(scope = 'server') = (subject = '')", name=op.f("ck_backup_plan_named")),
        sa.CheckConstraint("backup_type IN ('full', 'diff', 'log')", name=op.f("ck_backup_plan_backup_type")),
        sa.CheckConstraint("medium IN ('local', 'offsite', 'cloud')", name=op.f("ck_backup_plan_medium")),
        sa.CheckConstraint(
            "scope IN ('database', 'account_set', 'server', 'files')", name=op.f("ck_backup_plan_scope")
        ),
        sa.CheckConstraint("every_s IS NULL OR every_s >= 60", name=op.f("ck_backup_plan_every")),
        sa.CheckConstraint("num_nonnulls(every_s, cron) = 1", name=op.f("ck_backup_plan_one_schedule")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_backup_plan_tenant_id_connection_id"),
            ondelete="SET NULL (connection_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "heartbeat_id"],
            ["heartbeat.tenant_id", "heartbeat.id"],
            name=op.f("fk_backup_plan_tenant_id_heartbeat_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_backup_plan_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_backup_plan")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE backup_plan ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE backup_plan FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON backup_plan USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON backup_plan TO desk_runtime")
    op.create_index(
        "ix_backup_plan_connection",
        "backup_plan",
        ["tenant_id", "connection_id"],
        unique=False,
        postgresql_where="archived_at IS NULL",
    )
    op.create_table(
        "check_breaker",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("timeouts", sa.SmallInteger(), nullable=False),
        sa.Column("probe_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reason_params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("refused_stamp", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_check_breaker_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_check_breaker_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_check_breaker")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE check_breaker ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_breaker FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_breaker USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_breaker TO desk_runtime")
    op.create_index("uq_check_breaker", "check_breaker", ["tenant_id", "connection_id"], unique=True)
    op.create_table(
        "check_input",
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_check_input_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_check_input_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_check_input")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE check_input ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_input FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_input USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_input TO desk_runtime")
    op.create_index(
        "uq_check_input",
        "check_input",
        ["tenant_id", "connection_id", "kind", "subject"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "check_plan",
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("warn", sa.Float(), nullable=True),
        sa.Column("crit", sa.Float(), nullable=True),
        sa.Column("clear_warn", sa.Float(), nullable=True),
        sa.Column("clear_crit", sa.Float(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("phase_s", sa.Integer(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("confirm_n", sa.SmallInteger(), nullable=False),
        sa.Column("confirm_of", sa.SmallInteger(), nullable=True),
        sa.Column("recover_n", sa.SmallInteger(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("proposed", sa.Boolean(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silent_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_check_plan_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_check_plan_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_check_plan")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE check_plan ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_plan FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_plan USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_plan TO desk_runtime")
    op.create_index(
        "ix_check_plan_due", "check_plan", ["next_run_at"], unique=False, postgresql_where="enabled AND NOT proposed"
    )
    op.create_index(
        "uq_check_plan",
        "check_plan",
        ["tenant_id", "connection_id", "check"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "check_run",
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("outcome IN ('', 'looked', 'no_connection', 'skipped')", name=op.f("ck_check_run_outcome")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_check_run_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_check_run_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_check_run")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE check_run ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_run FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_run USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_run TO desk_runtime")
    op.create_index(
        "ix_check_run_open",
        "check_run",
        ["tenant_id", "connection_id"],
        unique=False,
        postgresql_where="finished_at IS NULL",
    )
    op.create_index("ix_check_run_recent", "check_run", ["tenant_id", "connection_id", "due_at"], unique=False)
    op.create_table(
        "check_state",
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_state", sa.Text(), nullable=True),
        sa.Column("pending_state", sa.Text(), nullable=True),
        sa.Column("pending_count", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("sentence_params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("right_needed", sa.Text(), nullable=False),
        sa.Column("grant_statement", sa.Text(), nullable=False),
        sa.Column("memory", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("looks", sa.Text(), server_default="", nullable=False),
        sa.Column("ring", sa.Text(), server_default="", nullable=False),
        sa.Column("flapping_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("maintained", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("state IN ('ok', 'warn', 'crit', 'unknown')", name=op.f("ck_check_state_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_check_state_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_check_state_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_check_state")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE check_state ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_state FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_state USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_state TO desk_runtime")
    op.create_index(
        "ix_check_state_bad",
        "check_state",
        ["tenant_id"],
        unique=False,
        postgresql_where="state <> 'ok' AND gone_at IS NULL",
    )
    op.create_index(
        "uq_check_state_subject",
        "check_state",
        ["tenant_id", "connection_id", "check", "subject"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "estate_item",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("environment IN ('production', 'test')", name=op.f("ck_estate_item_environment")),
        sa.CheckConstraint(
            "kind IN ('environment', 'server', 'database', 'account_set', 'interface', 'licence')",
            name=op.f("ck_estate_item_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_estate_item_tenant_id_connection_id"),
            ondelete="SET NULL (connection_id)",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_estate_item_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_estate_item")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE estate_item ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE estate_item FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON estate_item USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON estate_item TO desk_runtime")
    op.create_index("ix_estate_item_tenant_id_kind", "estate_item", ["tenant_id", "kind", "name"], unique=False)
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=12, scale=4), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate", sa.Numeric(precision=6, scale=3), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "kind IN ('work', 'flat', 'fee', 'overage', 'extra', 'discount')", name=op.f("ck_invoice_line_kind")
        ),
        sa.CheckConstraint(
            "unit IN ('hour', 'visit', 'incident', 'month', 'year', 'item')", name=op.f("ck_invoice_line_unit")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoice.tenant_id", "invoice.id"],
            name=op.f("fk_invoice_line_tenant_id_invoice_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_invoice_line_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_invoice_line")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE invoice_line ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invoice_line FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON invoice_line USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON invoice_line TO desk_runtime")
    op.create_index(
        "ix_invoice_line_tenant_invoice", "invoice_line", ["tenant_id", "invoice_id", "position"], unique=False
    )
    op.create_table(
        "invoice_paper",
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("language IN ('zh_Hans_CN', 'en')", name=op.f("ck_invoice_paper_language")),
        sa.CheckConstraint("(file_id IS NULL) = (sha256 IS NULL)", name=op.f("ck_invoice_paper_kept")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name=op.f("fk_invoice_paper_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoice.tenant_id", "invoice.id"],
            name=op.f("fk_invoice_paper_tenant_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_invoice_paper_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_invoice_paper")),
        sa.UniqueConstraint(
            "tenant_id", "invoice_id", "language", name=op.f("uq_invoice_paper_tenant_id_invoice_id_language")
        ),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE invoice_paper ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invoice_paper FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON invoice_paper USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON invoice_paper TO desk_runtime")
    op.create_table(
        "maintenance_window",
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("at_minute", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("at_minute BETWEEN 0 AND 1439", name=op.f("ck_maintenance_window_minute")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 10080", name=op.f("ck_maintenance_window_length")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_maintenance_window_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_maintenance_window_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_maintenance_window")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE maintenance_window ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE maintenance_window FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON maintenance_window USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON maintenance_window TO desk_runtime")
    op.create_index(
        "ix_maintenance_window_live",
        "maintenance_window",
        ["tenant_id"],
        unique=False,
        postgresql_where="cancelled_at is null",
    )
    op.create_table(
        "paper",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "(state = 'ready') = (file_id IS NOT NULL AND sha256 IS NOT NULL)", name=op.f("ck_paper_kept")
        ),
        sa.CheckConstraint("kind IN ('handover', 'overview', 'round', 'drill', 'review')", name=op.f("ck_paper_kind")),
        sa.CheckConstraint("language IN ('zh_Hans_CN', 'en')", name=op.f("ck_paper_language")),
        sa.CheckConstraint("state IN ('waiting', 'ready', 'failed', 'cancelled')", name=op.f("ck_paper_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name=op.f("fk_paper_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_paper_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_paper")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "about", "version", name=op.f("uq_paper_tenant_id_kind_about_version")
        ),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE paper ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE paper FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON paper USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON paper TO desk_runtime")
    op.create_index("ix_paper_tenant_requested", "paper", ["tenant_id", "requested_at"], unique=False)
    op.create_table(
        "push_key",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("script", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_hint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_push_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_push_key_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_push_key_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_push_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_push_key_key_hash")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE push_key ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE push_key FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON push_key USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON push_key TO desk_runtime")
    op.create_index("uq_push_key", "push_key", ["tenant_id", "connection_id", "script"], unique=True)
    op.create_table(
        "round_item",
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("seen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("before_note", sa.Text(), nullable=False),
        sa.Column("open_since", sa.Date(), nullable=True),
        sa.Column("missed", sa.SmallInteger(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "before IN ('', 'ok', 'warn', 'crit', 'unknown', 'missed')", name=op.f("ck_round_item_before")
        ),
        sa.CheckConstraint("kind IN ('auto', 'manual', 'carried')", name=op.f("ck_round_item_kind")),
        sa.CheckConstraint("state IN ('', 'ok', 'warn', 'crit', 'unknown')", name=op.f("ck_round_item_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "round_id"],
            ["inspection_round.tenant_id", "inspection_round.id"],
            name=op.f("fk_round_item_tenant_id_round_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_round_item_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_round_item")),
        sa.UniqueConstraint("tenant_id", "round_id", "mark", name=op.f("uq_round_item_tenant_id_round_id_mark")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE round_item ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE round_item FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON round_item USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON round_item TO desk_runtime")
    op.create_index("ix_round_item_round", "round_item", ["tenant_id", "round_id", "position"], unique=False)
    op.create_table(
        "sealed_secret",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_sealed_secret_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_sealed_secret_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sealed_secret")),
        sa.UniqueConstraint(
            "tenant_id", "connection_id", "field", name=op.f("uq_sealed_secret_tenant_id_connection_id_field")
        ),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE sealed_secret ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE sealed_secret FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON sealed_secret USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON sealed_secret TO desk_runtime")
    op.create_table(
        "silence",
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("severity IN ('', 'warn', 'crit', 'unknown')", name=op.f("ck_silence_severity")),
        sa.CheckConstraint("ends_at > created_at", name=op.f("ck_silence_ends")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_silence_tenant_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_silence_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_silence")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE silence ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE silence FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON silence USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON silence TO desk_runtime")
    op.create_index(
        "ix_silence_live", "silence", ["tenant_id", "ends_at"], unique=False, postgresql_where="ended_at is null"
    )
    op.create_table(
        "ticket",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_person_id", sa.Integer(), nullable=True),
        sa.Column("assignee_name", sa.Text(), nullable=False),
        sa.Column("assignee_person_id", sa.Integer(), nullable=True),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("human_touched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "category IN ('fault', 'question', 'change', 'access', 'data', 'training', 'other')",
            name=op.f("ck_ticket_category"),
        ),
        sa.CheckConstraint("priority IN ('P1', 'P2', 'P3', 'P4')", name=op.f("ck_ticket_priority")),
        sa.CheckConstraint(
            "source IN ('desk', 'portal', 'alert', 'mail', 'phone', 'duty')", name=op.f("ck_ticket_source")
        ),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'waiting_client', 'waiting_vendor', 'scheduled', 'solved', 'closed')",
            name=op.f("ck_ticket_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_ticket_tenant_id_connection_id"),
            ondelete="SET NULL (connection_id)",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ticket_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_ticket_tenant_id_number")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE ticket ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON ticket USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket TO desk_runtime")
    op.create_index(
        "ix_ticket_open",
        "ticket",
        ["tenant_id", "due_at"],
        unique=False,
        postgresql_where="status not in ('solved', 'closed')",
    )
    op.create_index("ix_ticket_tenant_id_author_person_id", "ticket", ["tenant_id", "author_person_id"], unique=False)
    op.create_index("ix_ticket_tenant_id_check_subject", "ticket", ["tenant_id", "check", "subject"], unique=False)
    op.create_index("ix_ticket_tenant_id_updated_at", "ticket", ["tenant_id", "updated_at"], unique=False)
    op.create_table(
        "access_review",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("snapshot_id", sa.BigInteger(), nullable=True),
        sa.Column("before_id", sa.BigInteger(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("unseen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("client_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("client_signed_by", sa.Text(), nullable=False),
        sa.Column("client_remark", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "state IN ('looking', 'open', 'done', 'failed', 'called_off')", name=op.f("ck_access_review_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "before_id"],
            ["access_review.tenant_id", "access_review.id"],
            name=op.f("fk_access_review_tenant_id_before_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "snapshot_id"],
            ["access_snapshot.tenant_id", "access_snapshot.id"],
            name=op.f("fk_access_review_tenant_id_snapshot_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_access_review_tenant_id_ticket_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_access_review_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_access_review")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE access_review ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE access_review FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON access_review USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON access_review TO desk_runtime")
    op.create_index("ix_access_review_tenant_requested", "access_review", ["tenant_id", "requested_at"], unique=False)
    op.create_index(
        "uq_access_review_open",
        "access_review",
        ["tenant_id"],
        unique=True,
        postgresql_where="state IN ('looking', 'open')",
    )
    op.create_index(
        "uq_access_review_ticket",
        "access_review",
        ["tenant_id", "ticket_id"],
        unique=True,
        postgresql_where="ticket_id IS NOT NULL",
    )
    op.create_table(
        "check_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("n_warn", sa.Integer(), nullable=False),
        sa.Column("n_crit", sa.Integer(), nullable=False),
        sa.Column("n_unknown", sa.Integer(), nullable=False),
        sa.Column("n_maintained", sa.Integer(), server_default="0", nullable=False),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("last", sa.Float(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "state_id"],
            ["check_state.tenant_id", "check_state.id"],
            name=op.f("fk_check_day_tenant_id_state_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_check_day_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_check_day")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE check_day ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_day FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_day USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_day TO desk_runtime")
    op.create_index("uq_check_day", "check_day", ["tenant_id", "state_id", "day"], unique=True)
    op.create_table(
        "check_hour",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("n_warn", sa.Integer(), nullable=False),
        sa.Column("n_crit", sa.Integer(), nullable=False),
        sa.Column("n_unknown", sa.Integer(), nullable=False),
        sa.Column("n_maintained", sa.Integer(), server_default="0", nullable=False),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("last", sa.Float(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "state_id"],
            ["check_state.tenant_id", "check_state.id"],
            name=op.f("fk_check_hour_tenant_id_state_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_check_hour_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_check_hour")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE check_hour ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE check_hour FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON check_hour USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON check_hour TO desk_runtime")
    op.create_index("uq_check_hour", "check_hour", ["tenant_id", "state_id", "hour"], unique=True)
    op.create_table(
        "incident",
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("check", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("state_id", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("muted", sa.Text(), server_default="", nullable=False),
        sa.Column("muted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("step", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flapping_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("acknowledged_note", sa.Text(), server_default="", nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("muted IN ('', 'maintenance', 'silence', 'parent')", name=op.f("ck_incident_muted")),
        sa.CheckConstraint("severity IN ('warn', 'crit', 'unknown')", name=op.f("ck_incident_severity")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_incident_tenant_id_connection_id"),
            ondelete="SET NULL (connection_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"], name=op.f("fk_incident_tenant_id_ticket_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_incident_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_incident")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE incident ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE incident FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON incident USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON incident TO desk_runtime")
    op.create_index("ix_incident_tenant_id_resolved_at", "incident", ["tenant_id", "resolved_at"], unique=False)
    op.create_index("ix_incident_tenant_id_ticket_id", "incident", ["tenant_id", "ticket_id"], unique=False)
    op.create_index(
        "uq_incident_open",
        "incident",
        ["tenant_id", "connection_id", "check", "subject"],
        unique=True,
        postgresql_where="resolved_at is null",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "restore_drill",
        sa.Column("plan_id", sa.BigInteger(), nullable=True),
        sa.Column("connection_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("rto_minutes", sa.Integer(), nullable=True),
        sa.Column("failed_step", sa.Text(), nullable=False),
        sa.Column("backup_file", sa.Text(), nullable=False),
        sa.Column("backup_hash", sa.Text(), nullable=False),
        sa.Column("restored_to", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=False),
        sa.Column("client_signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("client_signed_by", sa.Text(), nullable=False),
        sa.Column("client_remark", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "(state = 'done') = (result <> '' AND finished_at IS NOT NULL)", name=op.f("ck_restore_drill_ended")
        ),
        sa.CheckConstraint("result IN ('', 'good', 'failed')", name=op.f("ck_restore_drill_result")),
        sa.CheckConstraint(
            "state IN ('planned', 'running', 'done', 'called_off')", name=op.f("ck_restore_drill_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connection_id"],
            ["erp_connection.tenant_id", "erp_connection.id"],
            name=op.f("fk_restore_drill_tenant_id_connection_id"),
            ondelete="SET NULL (connection_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"],
            ["backup_plan.tenant_id", "backup_plan.id"],
            name=op.f("fk_restore_drill_tenant_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_restore_drill_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_restore_drill")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE restore_drill ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE restore_drill FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON restore_drill USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON restore_drill TO desk_runtime")
    op.create_index("ix_restore_drill_plan", "restore_drill", ["tenant_id", "plan_id", "finished_at"], unique=False)
    op.create_index("ix_restore_drill_tenant_due", "restore_drill", ["tenant_id", "due_on"], unique=False)
    op.create_index(
        "uq_restore_drill_open",
        "restore_drill",
        ["tenant_id", "plan_id"],
        unique=True,
        postgresql_where="state IN ('planned', 'running') AND plan_id IS NOT NULL",
    )
    op.create_table(
        "ticket_change",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("field IN ('priority', 'assignee')", name=op.f("ck_ticket_change_field")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_ticket_change_tenant_id_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ticket_change_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket_change")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE ticket_change ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_change FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON ticket_change USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_change TO desk_runtime")
    op.create_index("ix_ticket_change_ticket", "ticket_change", ["tenant_id", "ticket_id", "at"], unique=False)
    op.create_table(
        "ticket_clock",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waived_reason", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "kind IN ('first_response', 'next_reply', 'next_update', 'resolution')", name=op.f("ck_ticket_clock_kind")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_ticket_clock_tenant_id_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ticket_clock_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket_clock")),
        sa.UniqueConstraint(
            "tenant_id",
            "ticket_id",
            "kind",
            "started_at",
            name=op.f("uq_ticket_clock_tenant_id_ticket_id_kind_started_at"),
        ),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE ticket_clock ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_clock FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON ticket_clock USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_clock TO desk_runtime")
    op.create_index(
        "ix_ticket_clock_due",
        "ticket_clock",
        ["tenant_id", "due_at"],
        unique=False,
        postgresql_where="met_at is null and ended_at is null",
    )
    op.create_table(
        "ticket_gram",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("gram", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_ticket_gram_tenant_id_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ticket_gram_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "gram", "ticket_id", name=op.f("pk_ticket_gram")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE ticket_gram ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_gram FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON ticket_gram USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_gram TO desk_runtime")
    op.create_index("ix_ticket_gram_ticket", "ticket_gram", ["tenant_id", "ticket_id"], unique=False)
    op.create_table(
        "ticket_item",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_ticket_item_tenant_id_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ticket_item_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket_item")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE ticket_item ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_item FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON ticket_item USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_item TO desk_runtime")
    op.create_index("ix_ticket_item_ticket", "ticket_item", ["tenant_id", "ticket_id", "position"], unique=False)
    op.create_table(
        "ticket_message",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("opening", sa.Boolean(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_person_id", sa.Integer(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("side IN ('desk', 'client', 'machine')", name=op.f("ck_ticket_message_side")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_ticket_message_tenant_id_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ticket_message_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket_message")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE ticket_message ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_message FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON ticket_message USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_message TO desk_runtime")
    op.create_index(
        "ix_ticket_message_ticket", "ticket_message", ["tenant_id", "ticket_id", "created_at"], unique=False
    )
    op.create_table(
        "ticket_status_interval",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'waiting_client', 'waiting_vendor', 'scheduled', 'solved', 'closed')",
            name=op.f("ck_ticket_status_interval_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_ticket_status_interval_tenant_id_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ticket_status_interval_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket_status_interval")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE ticket_status_interval ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_status_interval FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON ticket_status_interval USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_status_interval TO desk_runtime")
    op.create_index(
        "ix_ticket_status_interval_ticket",
        "ticket_status_interval",
        ["tenant_id", "ticket_id", "started_at"],
        unique=False,
    )
    op.create_index(
        "uq_ticket_status_interval_now",
        "ticket_status_interval",
        ["tenant_id", "ticket_id"],
        unique=True,
        postgresql_where="ended_at is null",
    )
    op.create_table(
        "work_entry",
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.Column("internal_note", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("worked_seconds", sa.Integer(), nullable=False),
        sa.Column("billable_minutes", sa.Integer(), nullable=False),
        sa.Column("rate_minor", sa.BigInteger(), nullable=True),
        sa.Column("rate_source", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.BigInteger(), nullable=True),
        sa.Column("article_id", sa.BigInteger(), nullable=True),
        sa.Column("invoice_line_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "activity IN ('support', 'check', 'backup', 'change', 'training', 'travel', 'other')",
            name=op.f("ck_work_entry_activity"),
        ),
        sa.CheckConstraint("environment IN ('production', 'test')", name=op.f("ck_work_entry_environment")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_work_entry_order")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "article_id"],
            ["article.tenant_id", "article.id"],
            name=op.f("fk_work_entry_tenant_id_article_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "corrects_id"],
            ["work_entry.tenant_id", "work_entry.id"],
            name=op.f("fk_work_entry_tenant_id_corrects_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_work_entry_tenant_id_ticket_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_work_entry_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_work_entry")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE work_entry ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE work_entry FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON work_entry USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON work_entry TO desk_runtime")
    op.create_index(
        "ix_work_entry_tenant_id_invoice_line_id", "work_entry", ["tenant_id", "invoice_line_id"], unique=False
    )
    op.create_index("ix_work_entry_tenant_id_started_at", "work_entry", ["tenant_id", "started_at"], unique=False)
    op.create_index("ix_work_entry_tenant_id_ticket_id", "work_entry", ["tenant_id", "ticket_id"], unique=False)
    op.create_index(
        "ix_work_entry_unbilled",
        "work_entry",
        ["tenant_id", "ended_at"],
        unique=False,
        postgresql_include=["id", "billable_minutes", "rate_minor"],
        postgresql_where="billable and invoice_line_id is null",
    )
    op.create_table(
        "access_finding",
        sa.Column("review_id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("grave", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carried", sa.Boolean(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("decision <> 'keep' OR reason <> ''", name=op.f("ck_access_finding_kept_for_a_reason")),
        sa.CheckConstraint("decision IN ('', 'keep', 'revoke', 'ask')", name=op.f("ck_access_finding_decision")),
        sa.CheckConstraint("grave IN ('crit', 'warn', 'info')", name=op.f("ck_access_finding_grave")),
        sa.CheckConstraint("outcome IN ('', 'gone', 'still', 'unseen')", name=op.f("ck_access_finding_outcome")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"],
            ["ticket_item.tenant_id", "ticket_item.id"],
            name=op.f("fk_access_finding_tenant_id_item_id"),
            ondelete="SET NULL (item_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "review_id"],
            ["access_review.tenant_id", "access_review.id"],
            name=op.f("fk_access_finding_tenant_id_review_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_access_finding_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_access_finding")),
        sa.UniqueConstraint("tenant_id", "review_id", "mark", name=op.f("uq_access_finding_tenant_id_review_id_mark")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE access_finding ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE access_finding FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON access_finding USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON access_finding TO desk_runtime")
    op.create_table(
        "drill_step",
        sa.Column("drill_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint("state IN ('open', 'done', 'failed', 'skipped')", name=op.f("ck_drill_step_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "drill_id"],
            ["restore_drill.tenant_id", "restore_drill.id"],
            name=op.f("fk_drill_step_tenant_id_drill_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_drill_step_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_drill_step")),
        sa.UniqueConstraint(
            "tenant_id", "drill_id", "position", name=op.f("uq_drill_step_tenant_id_drill_id_position")
        ),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE drill_step ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE drill_step FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON drill_step USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON drill_step TO desk_runtime")
    op.create_table(
        "entry_claim",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.BigInteger(), nullable=True),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "(kind = 'invoice') = (invoice_id IS NOT NULL AND line_id IS NOT NULL)",
            name=op.f("ck_entry_claim_goes_somewhere"),
        ),
        sa.CheckConstraint("kind IN ('invoice', 'write_off')", name=op.f("ck_entry_claim_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["work_entry.tenant_id", "work_entry.id"],
            name=op.f("fk_entry_claim_tenant_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "invoice_id"],
            ["invoice.tenant_id", "invoice.id"],
            name=op.f("fk_entry_claim_tenant_id_invoice_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "line_id"],
            ["invoice_line.tenant_id", "invoice_line.id"],
            name=op.f("fk_entry_claim_tenant_id_line_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_entry_claim_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_entry_claim")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE entry_claim ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE entry_claim FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON entry_claim USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON entry_claim TO desk_runtime")
    op.create_index("ix_entry_claim_tenant_invoice", "entry_claim", ["tenant_id", "invoice_id"], unique=False)
    op.create_index(
        "ix_entry_claim_written_off",
        "entry_claim",
        ["tenant_id", "entry_id"],
        unique=False,
        postgresql_where="kind = 'write_off' AND released_at IS NULL",
    )
    op.create_index(
        "uq_entry_claim_open",
        "entry_claim",
        ["tenant_id", "entry_id"],
        unique=True,
        postgresql_where="released_at IS NULL",
    )
    op.create_table(
        "incident_event",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "incident_id"],
            ["incident.tenant_id", "incident.id"],
            name=op.f("fk_incident_event_tenant_id_incident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_incident_event_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_incident_event")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE incident_event ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE incident_event FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON incident_event USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON incident_event TO desk_runtime")
    op.create_index(
        "ix_incident_event_tenant_id_incident_id", "incident_event", ["tenant_id", "incident_id"], unique=False
    )
    op.create_table(
        "incident_mail",
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_incident_mail_mail_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "incident_id"],
            ["incident.tenant_id", "incident.id"],
            name=op.f("fk_incident_mail_tenant_id_incident_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_incident_mail_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_incident_mail")),
        sa.UniqueConstraint(
            "tenant_id", "incident_id", "mail_id", name=op.f("uq_incident_mail_tenant_id_incident_id_mail_id")
        ),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE incident_mail ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE incident_mail FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON incident_mail USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON incident_mail TO desk_runtime")
    op.create_table(
        "ticket_attachment",
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name=op.f("fk_ticket_attachment_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "message_id"],
            ["ticket_message.tenant_id", "ticket_message.id"],
            name=op.f("fk_ticket_attachment_tenant_id_message_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ticket_id"],
            ["ticket.tenant_id", "ticket.id"],
            name=op.f("fk_ticket_attachment_tenant_id_ticket_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ticket_attachment_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ticket_attachment")),
        info={"kind": "tenant"},
    )
    op.execute("ALTER TABLE ticket_attachment ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ticket_attachment FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON ticket_attachment USING (tenant_id = ANY ((SELECT scope_tenants())::int[])) WITH CHECK (tenant_id = ANY ((SELECT scope_tenants())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_attachment TO desk_runtime")
    op.create_index("ix_ticket_attachment_ticket", "ticket_attachment", ["tenant_id", "ticket_id"], unique=False)
    op.execute(sql("accounts.sql"))
    op.execute(sql("alerts.sql"))
    op.execute(sql("audit.sql"))
    op.execute(sql("billing.sql"))
    op.execute(sql("checks.sql"))
    op.execute(sql("files.sql"))
    op.execute(sql("papers.sql"))
    op.execute(sql("sla.sql"))
    op.execute(sql("worklog.sql"))
    op.execute(sql("gates.sql"))


def downgrade() -> None:
    raise RuntimeError("the first migration has nothing to go back to: drop the database")
