import Publishing
public import Storage
import Saga

/// The tables of Orders, in its own database.
public enum OrdersSchema {
    /// Moves the service from one engine to another.
    public static let mover = StoreMove.mover(
        of: "orders", migrations)

    public static let migrations = [
        Migration(1, SagaTables.schema + first),
        Migration(
            2,
            """
            CREATE TABLE peer_history (
                peer TEXT NOT NULL PRIMARY KEY,
                feed_id BYTEA NOT NULL, epoch BIGINT NOT NULL, batch BIGINT NOT NULL)
            """),
        Migration(3, buyersWay),
        Migration(4, SagaTables.leases(of: "checkout")),
        Migration(
            5,
            """
            ALTER TABLE checkout ADD COLUMN key_number BIGINT;
            ALTER TABLE ticket_order ADD COLUMN key_number BIGINT;
            CREATE TABLE ticket_key (
                number BIGINT NOT NULL PRIMARY KEY, print BYTEA NOT NULL);
            """),
        Migration(6, tally),
        Migration(7, FeedCursor.creation),
        Migration(
            8,
            """
            ALTER TABLE checkout ADD COLUMN owner_kind TEXT NOT NULL DEFAULT '';
            ALTER TABLE ticket_order ADD COLUMN owner_kind TEXT NOT NULL DEFAULT '';
            """ + SagaTables.callers),
        Migration(9, FeedCursor.settingAside),
        Migration(10, SagaTables.kinds(first: PurchaseSaga.kind)),
        Migration(
            11,
            """
            ALTER TABLE checkout ADD COLUMN issued BIGINT;
            ALTER TABLE ticket ADD COLUMN owner TEXT;
            ALTER TABLE ticket ADD COLUMN holder_name TEXT;
            ALTER TABLE ticket ADD COLUMN holder_email TEXT;
            ALTER TABLE ticket ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
            """),
    ]

    private static let first = """

        CREATE TABLE checkout (
            checkout_id BYTEA NOT NULL PRIMARY KEY,
            owner TEXT NOT NULL, email TEXT NOT NULL, name TEXT, event_id BYTEA NOT NULL,
            items BYTEA NOT NULL, provider TEXT, payment_method TEXT, method_print BYTEA,
            expected_minor BIGINT, expected_currency TEXT, buyer BYTEA,
            created_at BIGINT NOT NULL,
            state TEXT NOT NULL, step TEXT, direction TEXT, attempt BIGINT,
            next_run_at BIGINT, epoch BIGINT NOT NULL, lines BYTEA,
            hold_expires_at BIGINT, is_hold_released BIGINT NOT NULL,
            payment_action TEXT, payment_error TEXT,
            owed_minor BIGINT, is_refund_settled BIGINT NOT NULL,
            problem BYTEA, trouble TEXT, park_reason TEXT, parked_from TEXT,
            paid_at BIGINT, ended_at BIGINT, step_count BIGINT NOT NULL, version BIGINT NOT NULL,
            CHECK (owed_minor IS NULL OR owed_minor >= 0));
        CREATE INDEX checkout_due ON checkout (next_run_at) WHERE next_run_at IS NOT NULL;
        CREATE INDEX checkout_rejected ON checkout (ended_at) WHERE state = 'REJECTED';

        CREATE TABLE ticket_order (
            order_id BYTEA NOT NULL PRIMARY KEY,
            event_id BYTEA NOT NULL, owner TEXT NOT NULL, email TEXT NOT NULL, name TEXT,
            status TEXT NOT NULL, total_quantity BIGINT NOT NULL, tax_minor BIGINT NOT NULL,
            total_minor BIGINT NOT NULL, currency TEXT NOT NULL, payment_id BYTEA, provider TEXT,
            paid_at BIGINT NOT NULL, completed_at BIGINT,
            CHECK (0 <= tax_minor AND tax_minor <= total_minor));
        CREATE INDEX ticket_order_owner ON ticket_order (owner, order_id);
        CREATE INDEX ticket_order_event ON ticket_order (event_id, order_id);

        CREATE TABLE order_item (
            order_id BYTEA NOT NULL, ticket_type_id BYTEA NOT NULL, name TEXT NOT NULL,
            quantity BIGINT NOT NULL CHECK (quantity > 0), unit_price_minor BIGINT NOT NULL,
            fee_minor BIGINT NOT NULL, tax_minor BIGINT NOT NULL, currency TEXT NOT NULL,
            PRIMARY KEY (order_id, ticket_type_id));

        CREATE TABLE ticket (
            order_id BYTEA NOT NULL, number BIGINT NOT NULL, ticket_id BYTEA NOT NULL,
            ticket_type_id BYTEA NOT NULL, secret BYTEA NOT NULL, state TEXT NOT NULL,
            PRIMARY KEY (order_id, number));
        """

    private static let buyersWay = """
        ALTER TABLE checkout ADD COLUMN owed_currency TEXT;
        ALTER TABLE checkout ADD COLUMN way TEXT NOT NULL DEFAULT 'SHORT';
        ALTER TABLE checkout ADD COLUMN hold_ttl_ms BIGINT;
        ALTER TABLE checkout ADD COLUMN attempt_made BYTEA;
        ALTER TABLE checkout ADD COLUMN attempt_queued BYTEA;
        ALTER TABLE checkout ADD COLUMN is_payment_live BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE checkout ADD COLUMN is_superseded BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE checkout ADD COLUMN payment_state TEXT;
        ALTER TABLE checkout ADD COLUMN is_cancel_requested BIGINT NOT NULL DEFAULT 0;

        CREATE TABLE payment_attempt (
            checkout_id BYTEA NOT NULL, attempt_id BYTEA NOT NULL, payment_id BYTEA NOT NULL,
            provider TEXT NOT NULL, capture_mode TEXT NOT NULL, method_print BYTEA,
            outcome TEXT NOT NULL, problem BYTEA, at BIGINT NOT NULL,
            PRIMARY KEY (checkout_id, attempt_id));
        """

    private static let tally = """
        CREATE TABLE checkout_tally (
            id BIGINT NOT NULL PRIMARY KEY,
            in_new BIGINT NOT NULL,
            in_rejected BIGINT NOT NULL,
            in_reserved BIGINT NOT NULL,
            in_paying BIGINT NOT NULL,
            in_committing BIGINT NOT NULL,
            in_paid BIGINT NOT NULL,
            in_completed BIGINT NOT NULL,
            in_cancelling BIGINT NOT NULL,
            in_cancelled BIGINT NOT NULL,
            in_expiring BIGINT NOT NULL,
            in_expired BIGINT NOT NULL,
            in_refunding BIGINT NOT NULL,
            in_refunded BIGINT NOT NULL,
            in_parked BIGINT NOT NULL);
        INSERT INTO checkout_tally SELECT 1,
            COUNT(*) FILTER (WHERE state = 'NEW'),
            COUNT(*) FILTER (WHERE state = 'REJECTED'),
            COUNT(*) FILTER (WHERE state = 'RESERVED'),
            COUNT(*) FILTER (WHERE state = 'PAYING'),
            COUNT(*) FILTER (WHERE state = 'COMMITTING'),
            COUNT(*) FILTER (WHERE state = 'PAID'),
            COUNT(*) FILTER (WHERE state = 'COMPLETED'),
            COUNT(*) FILTER (WHERE state = 'CANCELLING'),
            COUNT(*) FILTER (WHERE state = 'CANCELLED'),
            COUNT(*) FILTER (WHERE state = 'EXPIRING'),
            COUNT(*) FILTER (WHERE state = 'EXPIRED'),
            COUNT(*) FILTER (WHERE state = 'REFUNDING'),
            COUNT(*) FILTER (WHERE state = 'REFUNDED'),
            COUNT(*) FILTER (WHERE state = 'PARKED')
        FROM checkout;
        """
}
