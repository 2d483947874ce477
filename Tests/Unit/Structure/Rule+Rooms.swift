extension Rule {
    /// What each kind of file of a service may hold. A room has files of these kinds, by the ends
    /// of their names, beside those of its entities.
    static let rooms = [
        Rule(
            "SQL lies in rows, stores, commands, queries, checks, repairs and schemas",
            planted: "Services/Orders/Carts/CartHandlers.swift",
            "let a = \"\"\"\n    SELECT cart_id FROM cart\n    \"\"\"\n"
        ) { file in
            let kinds = [
                "Row", "Rows", "Store", "Command", "Commands", "Queries", "Checks", "Repairs",
                "Journal", "Schema",
            ]
            guard file.isIn("Services"), !file.isOfKind(kinds) else { return [] }
            return file.literals.indices.filter {
                file.literals[$0].contains(/\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s/)
            }
        },
        Rule(
            "rules are pure: they read no storage and wait for nobody",
            planted: "Services/Orders/Carts/CartRules.swift",
            "import Storage\n\nfunc f() async { await g() }\n"
        ) { file in
            guard file.isIn("Services"), file.isOfKind(["Rules"]) else { return [] }
            return file.code(with: ["import Storage", "import Publishing", "await", "World"])
        },
        Rule(
            "methods are answered in handlers, which register themselves",
            planted: "Services/Orders/Carts/CartStore.swift",
            "router.handle(OrdersAPI.cart, cart)\n"
        ) { file in
            guard file.isIn("Services"), !file.isOfKind(["Handlers", "Service"]) else { return [] }
            return file.code(with: ["router.handle"])
        },
        Rule(
            "what runs beside the methods is a job",
            planted: "Services/Orders/Carts/CartReminder.swift",
            "struct CartReminder: Service {\n}\n"
        ) { file in
            guard file.isIn("Services"), !file.isOfKind(["Job"]) else { return [] }
            return file.code.indices.filter {
                file.code[$0].contains(/\b(struct|class) \w+: .*\bService\b/)
            }
        },
    ]
}

extension SourceFile {
    /// By the end of the file's name, before whatever `+` says of a part.
    fileprivate func isOfKind(_ kinds: [String]) -> Bool {
        let stem = name.split(separator: ".").first ?? ""
        let whole = stem.split(separator: "+").first ?? stem
        return kinds.contains { whole.hasSuffix($0) }
    }
}
