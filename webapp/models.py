"""Tables and columns only (design.md §5). Every query is in store/, every change of state goes
through store.transitions. The tables are made by migrations/, not from here."""

from __future__ import annotations

from peewee import (
    AutoField,
    BooleanField,
    CharField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from webapp.db import database
from webapp.fields import CompactJsonField, MoneyField, UtcField


class Table(Model):
    class Meta:
        database = database


class Mission(Table):
    """A batch. The counts are changed only in the transaction that moves an item."""

    id = AutoField()
    name = CharField(max_length=200)
    description = TextField(default="")
    task_type = CharField(max_length=64)
    provider = CharField(max_length=32)  # who makes it; the demo's missions never cost money
    status = CharField(max_length=16)
    total_count = IntegerField()
    pending_count = IntegerField(default=0)
    processing_count = IntegerField(default=0)
    completed_count = IntegerField(default=0)
    failed_count = IntegerField(default=0)
    unknown_count = IntegerField(default=0)
    cancelled_count = IntegerField(default=0)
    files_pending = IntegerField(default=0)
    files_failed = IntegerField(default=0)
    config_json = CompactJsonField()
    first_prompt = TextField(default="")
    priority = IntegerField(default=0)
    scheduled_at = UtcField(null=True)
    failure_threshold = FloatField(null=True)
    resubmit_unknown_after = IntegerField(null=True)  # minutes; null: only a person does
    judged_from = UtcField(null=True)  # endings before then no longer count against it
    owner_id = IntegerField(default=0)  # 0: the local user
    idempotency_key = CharField(max_length=200, null=True)  # unique for its owner
    request_hash = CharField(max_length=64, default="")
    pause_cause = CharField(max_length=32, default="")
    pause_code = CharField(max_length=64, default="")
    pause_raw = TextField(default="")
    cost = MoneyField(default=0)
    estimate = MoneyField(null=True)
    currency = CharField(max_length=8, default="CNY")
    last_served = IntegerField(default=0)  # grows with each claim: the fair queue's memory
    rev = IntegerField(default=0)
    created_at = UtcField()
    updated_at = UtcField()
    started_at = UtcField(null=True)
    ended_at = UtcField(null=True)
    deleted_at = UtcField(null=True)

    class Meta:
        table_name = "api_missions"


class Item(Table):
    """One generation."""

    id = AutoField()
    mission = ForeignKeyField(Mission, column_name="api_mission_id", on_delete="CASCADE")
    item_index = IntegerField()
    input_params = CompactJsonField()
    prompt = TextField(default="")
    status = CharField(max_length=16)
    result_url = TextField(null=True)
    error_class = CharField(max_length=32, default="")
    error_code = CharField(max_length=64, default="")
    error_message = TextField(default="")
    runninghub_task_id = CharField(max_length=64, null=True)
    attempt_count = IntegerField(default=0)
    transient_tries = IntegerField(default=0)
    cost = MoneyField(null=True)
    seconds = FloatField(null=True)
    next_at = UtcField(null=True)
    started_at = UtcField(null=True)
    ended_at = UtcField(null=True)
    rev = IntegerField(default=0)
    created_at = UtcField()
    updated_at = UtcField()

    class Meta:
        table_name = "api_mission_items"


class Attempt(Table):
    """A line of the money ledger: one POST that may have left. Outlives its mission, so it holds
    plain numbers instead of foreign keys."""

    id = AutoField()
    mission_id = IntegerField()
    item_id = IntegerField()
    item_index = IntegerField()
    number = IntegerField()
    task_type = CharField(max_length=64)
    provider = CharField(max_length=32)
    key_fingerprint = CharField(max_length=64, default="")
    state = CharField(max_length=16)
    phase = CharField(max_length=16, null=True)
    runninghub_task_id = CharField(max_length=64, null=True)
    created_at = UtcField()
    sent_at = UtcField(null=True)
    answered_at = UtcField(null=True)
    ended_at = UtcField(null=True)
    slot_until = UtcField(null=True)  # an unknown attempt may be running until then
    error_class = CharField(max_length=32, default="")
    error_code = CharField(max_length=64, default="")
    error_raw = TextField(default="")
    answer_raw = TextField(default="")  # what the submit answered, redacted
    account_running = IntegerField(null=True)  # tasks of the account when it became unknown
    own_running = IntegerField(null=True)  # those among them of which the program knew
    account_asked_at = UtcField(null=True)
    cost = MoneyField(null=True)
    currency = CharField(max_length=8, null=True)
    boot_id = CharField(max_length=36)

    class Meta:
        table_name = "attempts"


class Result(Table):
    """One output: a remote link and then a file of ours, or a text."""

    id = AutoField()
    mission_id = IntegerField()
    item = ForeignKeyField(Item, column_name="item_id", on_delete="CASCADE")
    attempt_id = IntegerField()
    position = IntegerField()
    kind = CharField(max_length=16)
    type = CharField(max_length=16)
    url = TextField(default="")
    text = TextField(null=True)
    filename = CharField(max_length=120, null=True, unique=True)
    file_state = CharField(max_length=16)
    content_type = CharField(max_length=100, default="")
    sha256 = CharField(max_length=64, null=True)
    size = IntegerField(null=True)
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    seconds = FloatField(null=True)
    has_preview = BooleanField(default=False)
    tries = IntegerField(default=0)
    next_at = UtcField(null=True)
    expires_at = UtcField(null=True)
    error_class = CharField(max_length=32, default="")
    error_code = CharField(max_length=64, default="")
    error_raw = TextField(default="")
    created_at = UtcField()
    updated_at = UtcField()

    class Meta:
        table_name = "results"


class Image(Table):
    """An uploaded reference image, stored once by the SHA-256 of the stored bytes."""

    id = AutoField()
    filename = CharField(max_length=120, unique=True)
    sha256 = CharField(max_length=64, unique=True)
    original_name = CharField(max_length=255)
    content_type = CharField(max_length=100)
    size = IntegerField()
    width = IntegerField()
    height = IntegerField()
    created_at = UtcField()

    class Meta:
        table_name = "images"


class ImageUpload(Table):
    """A provider's link to one of our images, one per key, until it expires."""

    id = AutoField()
    image = ForeignKeyField(Image, column_name="image_id", on_delete="CASCADE")
    provider = CharField(max_length=32)
    key_fingerprint = CharField(max_length=64)
    url = TextField()
    expires_at = UtcField()

    class Meta:
        table_name = "image_uploads"


class Event(Table):
    """What happened, in the transaction in which it happened; only ever added to."""

    id = AutoField()
    mission_id = IntegerField()
    item_id = IntegerField(null=True)
    attempt_id = IntegerField(null=True)
    at = UtcField()
    before = CharField(max_length=16, null=True)
    after = CharField(max_length=16)
    note = TextField(default="")
    who = CharField(max_length=64, default="program")

    class Meta:
        table_name = "events"


class Template(Table):
    """A task type with saved parameters."""

    id = AutoField()
    name = CharField(max_length=200)
    description = TextField(default="")
    task_type = CharField(max_length=64)
    config_json = CompactJsonField()
    owner_id = IntegerField(default=0)  # 0: the local user
    created_at = UtcField()
    updated_at = UtcField()

    class Meta:
        table_name = "api_templates"


class User(Table):
    """An account. Never deleted, for others' histories name it; disabled instead."""

    id = AutoField()
    name = CharField(max_length=64, unique=True)  # compared without regard to case
    role = CharField(max_length=16)
    password_hash = TextField()  # argon2id, with its own parameters
    created_at = UtcField()
    password_at = UtcField()
    seen_at = UtcField(null=True)
    disabled_at = UtcField(null=True)

    class Meta:
        table_name = "users"


class Session(Table):
    """A browser that is signed in."""

    id = AutoField()
    user = ForeignKeyField(User, column_name="user_id", on_delete="CASCADE")
    token_hash = CharField(max_length=64, unique=True)
    created_at = UtcField()
    used_at = UtcField()
    client = CharField(max_length=200, default="")  # the browser's name, for its owner

    class Meta:
        table_name = "sessions"


class ApiToken(Table):
    """A program that acts for a person. The token itself is shown once and never stored."""

    id = AutoField()
    user = ForeignKeyField(User, column_name="user_id", on_delete="CASCADE")
    name = CharField(max_length=100)
    token_hash = CharField(max_length=64, unique=True)
    hint = CharField(max_length=8)  # its last characters, to tell it from others
    created_at = UtcField()
    used_at = UtcField(null=True)

    class Meta:
        table_name = "api_tokens"


class Invitation(Table):
    """A link that makes one account, or, with `user`, gives that one a new password."""

    id = AutoField()
    token_hash = CharField(max_length=64, unique=True)
    role = CharField(max_length=16)
    made_by = CharField(max_length=64)
    created_at = UtcField()
    expires_at = UtcField()
    used_at = UtcField(null=True)
    used_by = CharField(max_length=64, null=True)
    user = ForeignKeyField(User, column_name="user_id", null=True, on_delete="CASCADE")

    class Meta:
        table_name = "invitations"


class SignInTry(Table):
    """A password that was tried, for an account's name or from an address: too many are refused."""

    id = AutoField()
    subject = CharField(max_length=200)
    at = UtcField()

    class Meta:
        table_name = "sign_in_tries"


class Audit(Table):
    """What a person did, one line for each action; only ever added to."""

    id = AutoField()
    at = UtcField()
    user_id = IntegerField()  # 0: the local user, or the program
    who = CharField(max_length=64)
    action = CharField(max_length=32)
    mission_id = IntegerField(null=True)
    item_index = IntegerField(null=True)
    subject = CharField(max_length=200, default="")  # whom or what it was done to
    count = IntegerField(null=True)  # how many items

    class Meta:
        table_name = "audit"


class UsedKey(Table):
    """An idempotency key of a mission that is removed: who repeats the call must not pay again."""

    owner_id = IntegerField()
    idempotency_key = CharField(max_length=200)
    mission_id = IntegerField()
    at = UtcField()

    class Meta:
        table_name = "used_keys"
        primary_key = CompositeKey("owner_id", "idempotency_key")


class Fact(Table):
    """Something that is true of the whole database, by name (store/facts.py)."""

    name = CharField(max_length=64, primary_key=True)
    value = CompactJsonField()
    at = UtcField()

    class Meta:
        table_name = "facts"
