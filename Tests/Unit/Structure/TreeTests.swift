import Testing

@Suite struct TreeTests {
    @Test func theTopLevelIsFixed() {
        let fixed: Set = ["Package.swift", "README.md", "Services", "Shared", "Tests", "deploy"]
        #expect(SourceTree.current.top.subtracting(fixed).isEmpty)
    }

    @Test func servicesAreTheThree() {
        let parts = SourceTree.current.files.filter { $0.isIn("Services") }.map {
            $0.path.split(separator: "/")[1]
        }
        #expect(Set(parts) == ["Inventory", "Orders", "Payments"])
    }

    @Test func testsHaveFourRooms() {
        let parts = SourceTree.current.files.filter { $0.isIn("Tests") }.map {
            $0.path.split(separator: "/")[1]
        }
        #expect(Set(parts) == ["Kit", "Programs", "Unit", "Whole"])
    }

    /// The awkward races that this version rules on, by their numbers: each is tried on all three
    /// services together, whatever is tried on one of them or on the executables besides.
    @Test func everyRaceHasATestOfItsName() {
        let numbers = Array(1...8) + Array(14...21) + [23, 27, 32]
        let tests = SourceTree.current.swift.filter { $0.isIn("Tests/Whole/Suite") }.flatMap(
            \.lines
        )
        .joined()
        for number in numbers { #expect(tests.contains("\"R\(number): "), "R\(number)") }
        #expect(!tests.contains("\"R\(99): "))
    }

    @Test func noFileIsDead() {
        let files = SourceTree.current.swift.filter { $0.isIn("Shared", "Services", "Tests") }
        #expect(DeadFiles.among(files) == [])
    }

    @Test func aDeadFileIsFound() {
        let files = [
            SourceFile(path: "Shared/Wire/A.swift", text: "struct Alive {}\nlet x = Used()"),
            SourceFile(path: "Shared/Wire/B.swift", text: "struct Used {}\nlet y = Alive()"),
            SourceFile(path: "Shared/Wire/C.swift", text: "struct Lonely {} // Alive Used"),
        ]
        #expect(DeadFiles.among(files) == ["Shared/Wire/C.swift"])
    }

    @Test func noRoomIsCrowded() {
        let product = SourceTree.current.swift.filter { $0.isIn("Shared", "Services") }
        let rooms = Dictionary(grouping: product) {
            $0.path.split(separator: "/").dropLast().joined(separator: "/")
        }
        for (room, files) in rooms where files.count > 12 {
            Issue.record("\(room) has \(files.count) files: give a topic a room of its own")
        }
    }

    @Test func nothingLivesForTestsAlone() {
        let product = SourceTree.current.swift.filter { $0.isIn("Shared", "Services") }
        #expect(DeadDeclarations.among(product) == [])
    }

    @Test func aDeadDeclarationIsFound() {
        let files = [
            SourceFile(
                path: "Shared/Wire/A.swift",
                text: "struct Alive { let used = 1 }\nlet x = \"\\(shown())\""),
            SourceFile(
                path: "Shared/Wire/B.swift",
                text: "func shown() { Alive().used + x }\nfunc lonely() {} // lonely"),
        ]
        #expect(DeadDeclarations.among(files) == ["Shared/Wire/B.swift: lonely"])
    }
}
