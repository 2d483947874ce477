extension Rule {
    /// Service code runs in a seeded simulation: it reaches the world only through `World`.
    static let concurrency = [
        Rule(
            "service code starts tasks and sleeps through its scheduler",
            planted: "Services/Orders/Saga/Bad.swift", "func f() { Task { await g() } }"
        ) { file in
            file.isServiceCode
                ? file.code(with: [
                    "Task {", "Task(", "Task.sleep", "Task.detached", "Task.init", "Thread",
                    "DispatchQueue", "DispatchSemaphore", "sleep(", "usleep",
                ]).filter { !file.code[$0].contains("scheduler.sleep(") } : []
        },
        Rule(
            "service code reads clocks and randomness through its world",
            planted: "Shared/Saga/Bad.swift", "let id = UUID()"
        ) { file in
            file.isServiceCode
                ? file.code(with: [
                    "UUID()", "Date()", "Date.now", "SystemClock", "ContinuousClock",
                    "SuspendingClock", "SystemRandomNumberGenerator", "clock_gettime", "time(nil)",
                    "getrandom", ".random(in:", ".randomElement()", ".shuffled()", ".shuffle()",
                ]) : []
        },
        Rule(
            "service code decides by its store's time, which no wall clock upsets",
            planted: "Services/Orders/Bad.swift", "let isOver = world.now > end"
        ) { file in file.isServiceCode ? file.code(with: ["world.now"]) : [] },
        Rule(
            "service code opens no file and no socket", planted: "Services/Payments/Bad.swift",
            "import Glibc\n"
        ) { file in
            file.isServiceCode
                ? file.code(with: [
                    "import Glibc", "import Dispatch", "import CLinux", "FileManager",
                ]) : []
        },
    ]
}

extension SourceFile {
    /// Saga and the services without the few lines that start their process.
    fileprivate var isServiceCode: Bool {
        isIn("Shared/Saga") || isIn("Services") && !path.contains("/Main/")
    }
}
