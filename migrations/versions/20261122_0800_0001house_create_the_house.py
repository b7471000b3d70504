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
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
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
        "draft",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        "invitation",
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_invitation_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
        info={"kind": "practice"},
    )
    op.execute("ALTER TABLE invitation ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE invitation FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY wall ON invitation USING (practice_id = ANY ((SELECT scope_practices())::int[])) WITH CHECK (practice_id = ANY ((SELECT scope_practices())::int[]))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON invitation TO desk_runtime")
    op.create_table(
        "person_token",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("purpose IN ('reset', 'confirm')", name=op.f("ck_person_token_purpose")),
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
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        "recovery_code",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        "contact",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_vendor", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.CheckConstraint("environment IN ('production', 'test')", name=op.f("ck_erp_connection_environment")),
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
        "leaver",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("left_on", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        "saved_view",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("practice_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        "tenant_assignment",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        "sealed_secret",
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
        "stored_file",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
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
    op.execute(sql("gates.sql"))


def downgrade() -> None:
    raise NotImplementedError("the first migration has nothing to go back to: drop the database")
