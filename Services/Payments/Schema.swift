import Publishing
public import Storage

/// The tables of Payments, in its own database.
public enum PaymentsSchema {
    /// Moves the service from one engine to another.
    public static let mover = StoreMove.mover(
        of: "payments", migrations, beside: ["sim": SimSchema.migrations])

    public static let migrations = [
        Migration(1, first), Migration(2, second), Migration(3, third),
        Migration(4, lanes),
        Migration(5, FeedCursor.remembering),
        Migration(6, balances),
        Migration(7, FeedCursor.settingAside),
    ]

    private static let first = """
        CREATE TABLE payment (
            payment_id BYTEA NOT NULL PRIMARY KEY,
            checkout_id BYTEA NOT NULL,
            event_id BYTEA, owner TEXT, amount_minor BIGINT NOT NULL, currency TEXT,
            provider TEXT, capture_mode TEXT, method_digest BYTEA, expires_in_ms BIGINT,
            state TEXT NOT NULL, attempt BIGINT NOT NULL, operation TEXT,
            method TEXT, client_secret TEXT,
            authorised_minor BIGINT NOT NULL, captured_minor BIGINT NOT NULL,
            refund_owed_minor BIGINT NOT NULL, refunded_minor BIGINT NOT NULL,
            fee_minor BIGINT NOT NULL,
            failure TEXT, failure_retryable BIGINT,
            outcome TEXT, tax_minor BIGINT NOT NULL,
            created_at BIGINT NOT NULL, open_since BIGINT, next_try_at BIGINT,
            tries BIGINT NOT NULL, version BIGINT NOT NULL,
            CHECK (0 <= refunded_minor AND refunded_minor <= refund_owed_minor
                AND refund_owed_minor <= captured_minor AND captured_minor <= amount_minor),
            CHECK (authorised_minor <= amount_minor
                AND (capture_mode IS NULL OR capture_mode <> 'AUTH_CAPTURE'
                    OR captured_minor <= authorised_minor))
        );
        CREATE INDEX payment_open ON payment (open_since) WHERE open_since IS NOT NULL;
        CREATE INDEX payment_tombstone ON payment (created_at) WHERE provider IS NULL;

        CREATE TABLE checkout (
            checkout_id BYTEA NOT NULL PRIMARY KEY,
            live_payment_id BYTEA
        );

        CREATE TABLE refund (
            refund_id BYTEA NOT NULL PRIMARY KEY,
            payment_id BYTEA NOT NULL, checkout_id BYTEA NOT NULL, provider TEXT NOT NULL,
            amount_minor BIGINT NOT NULL CHECK (amount_minor > 0), currency TEXT NOT NULL,
            kind TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL,
            attempt BIGINT NOT NULL, last_error TEXT, created_at BIGINT NOT NULL,
            settled_at BIGINT, next_try_at BIGINT, tries BIGINT NOT NULL
        );
        CREATE INDEX refund_owed ON refund (refund_id) WHERE settled_at IS NULL;

        CREATE TABLE ledger_entry (
            ref BYTEA NOT NULL, kind TEXT NOT NULL, line BIGINT NOT NULL,
            account TEXT NOT NULL, currency TEXT NOT NULL,
            debit_minor BIGINT NOT NULL CHECK (debit_minor >= 0),
            credit_minor BIGINT NOT NULL CHECK (credit_minor >= 0),
            at BIGINT NOT NULL,
            PRIMARY KEY (ref, kind, line)
        );

        CREATE TABLE feed_cursor (
            feed TEXT NOT NULL PRIMARY KEY,
            feed_id BYTEA NOT NULL, seq BIGINT NOT NULL
        );
        """

    private static let second = """
        CREATE TABLE webhook (
            provider TEXT NOT NULL, event_id TEXT NOT NULL,
            received_at BIGINT NOT NULL, type TEXT NOT NULL, object_ref BYTEA,
            raw BYTEA NOT NULL, state TEXT NOT NULL,
            applied_at BIGINT, next_try_at BIGINT, tries BIGINT NOT NULL,
            PRIMARY KEY (provider, event_id)
        );
        CREATE INDEX webhook_state ON webhook (state);
        CREATE INDEX webhook_due ON webhook (next_try_at) WHERE next_try_at IS NOT NULL;
        CREATE INDEX webhook_target ON webhook (object_ref) WHERE state = 'NO_TARGET_YET';
        CREATE INDEX webhook_over ON webhook (received_at) WHERE applied_at IS NOT NULL;
        """

    /// In the order of the `SettleJob`, which looks each second: found without looking at the rest,
    /// whatever the planner has heard of the table.
    private static let third = """
        CREATE INDEX payment_due ON payment (next_try_at, payment_id)
            WHERE next_try_at IS NOT NULL;
        """

    /// What is due of one provider is found without looking at what is due of the others.
    private static let lanes = """
        DROP INDEX payment_due;
        CREATE INDEX payment_due ON payment (provider, next_try_at, payment_id)
            WHERE next_try_at IS NOT NULL;
        CREATE INDEX refund_due ON refund (provider, next_try_at, refund_id)
            WHERE next_try_at IS NOT NULL;
        DROP INDEX webhook_due;
        CREATE INDEX webhook_due ON webhook (provider, next_try_at, event_id)
            WHERE next_try_at IS NOT NULL;
        """

    /// Filled by the `Recount` of the first start, which needs no memory for it.
    private static let balances = """
        CREATE TABLE ledger_balance (
            account TEXT NOT NULL, currency TEXT NOT NULL,
            debit_minor BIGINT NOT NULL, credit_minor BIGINT NOT NULL,
            PRIMARY KEY (account, currency)
        );
        """
}
