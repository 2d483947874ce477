import Foundation
import Processes

/// The classic way with the same server: pgbench, whose every client locks the row of a ticket
/// type and holds it for a transaction of its own.
struct PgBench {
    enum Work: String {
        case reserve, purchase
    }

    private let url: String
    private let program: String
    private let folder: WorkFolder

    init(url: String, program: String, folder: WorkFolder) throws {
        self.url = url
        self.program = program
        self.folder = folder
        for (name, text) in [("schema", Self.schema), ("reserve", Self.reserve)] {
            try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
        }
        try (Self.reserve + Self.rest).write(
            toFile: folder.file("purchase"), atomically: true, encoding: .utf8)
    }

    /// Makes its tables anew.
    func prepare() async throws {
        _ = try await run(["-c", "1", "-t", "1", "-f", folder.file("schema")])
    }

    /// Transactions, or whole purchases, a second on one hot row.
    func rate(_ work: Work, clients: Int, seconds: Int) async throws -> Double {
        let output = try await run([
            "-c", "\(clients)", "-j", "2", "-M", "prepared", "-T", "\(seconds)",
            "-f", folder.file(work.rawValue),
        ])
        guard let match = output.firstMatch(of: /tps = ([0-9.]+)/), let rate = Double(match.1)
        else { throw BenchError("pgbench says no rate: \(output.suffix(500))") }
        return rate
    }

    private func run(_ options: [String]) async throws -> String {
        let log = folder.file("pgbench.log")
        try? FileManager.default.removeItem(atPath: log)
        let child = try await ChildProcess.start(
            program, ["-n"] + options + [url], environment: ["PATH": "/usr/bin:/bin"], log: log)
        let ending = await child.ending()
        let output = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        guard ending == .exited(0) else {
            throw BenchError("pgbench \(ending): \(output.suffix(500))")
        }
        return output
    }

    private static let schema = """
        DROP TABLE IF EXISTS ticket, orders, ledger, payment, audit, reservation, ticket_type;
        CREATE TABLE ticket_type (id int PRIMARY KEY, capacity bigint NOT NULL, \
        reserved bigint NOT NULL, sold bigint NOT NULL, version bigint NOT NULL) \
        WITH (fillfactor = 50);
        CREATE TABLE reservation (id bigint PRIMARY KEY, ticket_type int NOT NULL, \
        quantity int NOT NULL, status int NOT NULL, expires_at timestamptz NOT NULL, \
        owner text NOT NULL);
        CREATE TABLE audit (seq bigserial PRIMARY KEY, reference bigint NOT NULL, \
        action int NOT NULL, quantity int NOT NULL, at timestamptz NOT NULL DEFAULT now(), \
        actor text NOT NULL);
        CREATE TABLE payment (id bigint PRIMARY KEY, order_id bigint NOT NULL, \
        amount bigint NOT NULL, currency text NOT NULL, status int NOT NULL);
        CREATE TABLE ledger (seq bigserial PRIMARY KEY, payment_id bigint NOT NULL, \
        account int NOT NULL, amount bigint NOT NULL);
        CREATE TABLE orders (id bigint PRIMARY KEY, reservation_id bigint NOT NULL, \
        payment_id bigint NOT NULL, status int NOT NULL, total bigint NOT NULL);
        CREATE TABLE ticket (id bigserial PRIMARY KEY, order_id bigint NOT NULL, \
        ticket_type int NOT NULL, serial text NOT NULL);
        INSERT INTO ticket_type VALUES (1, 1000000000, 0, 0, 0);

        """

    private static let reserve = """
        \\set hold random(1, 9223372036854775806)
        \\set payment random(1, 9223372036854775806)
        \\set order random(1, 9223372036854775806)
        BEGIN;
        SELECT capacity, reserved, sold FROM ticket_type WHERE id = 1 FOR UPDATE;
        UPDATE ticket_type SET reserved = reserved + 2, version = version + 1 WHERE id = 1;
        INSERT INTO reservation VALUES (:hold, 1, 2, 1, now() + interval '10 min', 'user:4711');
        INSERT INTO audit (reference, action, quantity, actor) VALUES (:hold, 1, 2, 'user:4711');
        COMMIT;

        """

    private static let rest = """
        BEGIN;
        INSERT INTO payment VALUES (:payment, :order, 5000, 'EUR', 1);
        INSERT INTO ledger (payment_id, account, amount) \
        VALUES (:payment, 1, -5000), (:payment, 2, 5000);
        COMMIT;
        BEGIN;
        SELECT reserved, sold FROM ticket_type WHERE id = 1 FOR UPDATE;
        UPDATE reservation SET status = 2 WHERE id = :hold AND status = 1;
        UPDATE ticket_type SET reserved = reserved - 2, sold = sold + 2, version = version + 1 \
        WHERE id = 1;
        INSERT INTO orders VALUES (:order, :hold, :payment, 1, 5000);
        INSERT INTO ticket (order_id, ticket_type, serial) \
        VALUES (:order, 1, 'T-000001'), (:order, 1, 'T-000002');
        INSERT INTO audit (reference, action, quantity, actor) VALUES (:hold, 2, 2, 'user:4711');
        COMMIT;

        """
}
