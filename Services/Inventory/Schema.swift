public import Storage

/// What Inventory keeps. Ids are 16 bytes, amounts minor units, instants milliseconds since 1970.
public enum InventorySchema {
    /// Moves the service from one engine to another.
    public static let mover = StoreMove.mover(
        of: "inventory", migrations)

    public static let migrations = [
        Migration(
            1,
            """
            CREATE TABLE event (
                event_id BYTEA NOT NULL, title TEXT NOT NULL, description TEXT, location TEXT,
                starts_at BIGINT NOT NULL, ends_at BIGINT, timezone TEXT, currency TEXT NOT NULL,
                fee_per_ticket BIGINT NOT NULL, sales_start BIGINT, sales_end BIGINT,
                status TEXT NOT NULL, total_capacity BIGINT, hold_ttl_ms BIGINT NOT NULL,
                max_hold_ms BIGINT NOT NULL, late_reclaim BIGINT NOT NULL,
                open_checkouts TEXT NOT NULL, version BIGINT NOT NULL,
                PRIMARY KEY (event_id));

            CREATE TABLE ticket_type (
                ticket_type_id BYTEA NOT NULL, event_id BYTEA NOT NULL, name TEXT NOT NULL,
                description TEXT, price BIGINT NOT NULL, currency TEXT NOT NULL,
                tax_basis_points BIGINT NOT NULL, allocation BIGINT, is_enabled BIGINT NOT NULL,
                min_per_order BIGINT NOT NULL, max_per_order BIGINT NOT NULL,
                per_owner_limit BIGINT, required_entitlements BYTEA NOT NULL,
                sales_start BIGINT, sales_end BIGINT, sort BIGINT NOT NULL,
                version BIGINT NOT NULL,
                PRIMARY KEY (ticket_type_id));
            CREATE INDEX ticket_type_of_event ON ticket_type (event_id);

            CREATE TABLE pool (
                pool_id BYTEA NOT NULL, kind TEXT NOT NULL, event_id BYTEA NOT NULL,
                capacity BIGINT, held BIGINT NOT NULL, sold BIGINT NOT NULL, seq BIGINT NOT NULL,
                next_expiry_at BIGINT,
                PRIMARY KEY (pool_id),
                CHECK (held >= 0 AND sold >= 0),
                CHECK (capacity IS NULL OR held + sold <= capacity));

            CREATE TABLE hold (
                hold_id BYTEA NOT NULL, state TEXT NOT NULL, event_id BYTEA, owner TEXT,
                purpose TEXT, lines BYTEA NOT NULL, created_at BIGINT NOT NULL, ttl_ms BIGINT,
                expires_at BIGINT, max_expires_at BIGINT, extensions BIGINT NOT NULL,
                is_born_fenced BIGINT NOT NULL, order_id BYTEA, epoch BIGINT,
                committing_since BIGINT, is_reclaimed BIGINT NOT NULL, replaces BYTEA,
                refusal BYTEA,
                PRIMARY KEY (hold_id));
            CREATE INDEX hold_active ON hold (event_id, expires_at) WHERE state = 'ACTIVE';
            CREATE INDEX hold_of_owner ON hold (owner, event_id, expires_at)
                WHERE state = 'ACTIVE';
            CREATE INDEX hold_void ON hold (created_at)
                WHERE (state = 'REFUSED' OR owner IS NULL);
            CREATE INDEX hold_committing ON hold (committing_since) WHERE state = 'COMMITTING';

            CREATE TABLE hold_pool (
                hold_id BYTEA NOT NULL, pool_id BYTEA NOT NULL, quantity BIGINT NOT NULL,
                PRIMARY KEY (hold_id, pool_id));

            CREATE TABLE owner_hold (
                event_id BYTEA NOT NULL, owner TEXT NOT NULL, hold_id BYTEA NOT NULL,
                PRIMARY KEY (event_id, owner));

            CREATE TABLE audit (
                pool_id BYTEA NOT NULL, seq BIGINT NOT NULL, action TEXT NOT NULL,
                quantity BIGINT NOT NULL, previous_capacity BIGINT, capacity BIGINT,
                previous_held BIGINT NOT NULL, held BIGINT NOT NULL,
                previous_sold BIGINT NOT NULL, sold BIGINT NOT NULL, actor TEXT NOT NULL,
                reference BYTEA NOT NULL, at BIGINT NOT NULL,
                PRIMARY KEY (pool_id, seq));
            """),
        Migration(
            2,
            """
            ALTER TABLE hold ADD COLUMN reference_kind TEXT;
            ALTER TABLE hold ADD COLUMN reference BYTEA;
            ALTER TABLE hold ADD COLUMN extended_ms BIGINT;
            """),
        Migration(3, "ALTER TABLE hold ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;"),
    ]
}
