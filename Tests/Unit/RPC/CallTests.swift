import FoundationEssentials
import Lifecycle
import Net
import RPC
import Support
import Testing
import Wire

@Suite struct CallTests {
    @Test func aCallReturnsItsReply() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            let reply = try await client.call(TestAPI.echo, Note(text: "hé\u{1}", number: 7))
            #expect(reply == Note(text: "hé\u{1}", number: 7))
            client.close()
        }
    }

    @Test func manyCallsShareAConnection() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            let sum = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<1_000 {
                    group.addTask {
                        let note = Note(text: "n", number: Int64(number))
                        return try await client.call(TestAPI.echo, note).number ?? 0
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 499_500)
            #expect(harness.server.connectionCount == 1)
            client.close()
        }
    }

    /// A client that gives up many calls at once must not look like one that floods with cancels:
    /// its other calls would be lost with the connection.
    @Test func deadlinesThatPassTogetherCostNoConnection() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            await withTaskGroup { group in
                for _ in 0..<120 {
                    group.addTask {
                        let error = await #expect(throws: RPCError.self) {
                            try await client.call(
                                TestAPI.slow, Note(text: "late", number: 900),
                                CallOptions(timeoutMs: 100, attempts: 1))
                        }
                        #expect(error?.reason == .deadlineExceeded)
                    }
                }
                group.addTask {
                    let call = try? await client.call(
                        TestAPI.slow, Note(text: "patient", number: 500),
                        CallOptions(attempts: 1))
                    #expect(call?.text == "patient")
                }
            }
            client.close()
        }
    }

    @Test func aRefusalArrivesWhole() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            let error = try await #require(throws: RPCError.self) {
                try await client.call(TestAPI.fail, Note(text: "gone"))
            }
            #expect(error.reason == .notFound)
            #expect(error.code == .notFound)
            #expect(error.outcome == .refused)
            #expect(error.message == "gone")
            #expect(error.detail == ["kind": .text("note"), "id": .integer(1)])
            client.close()
        }
    }

    @Test func badFieldsAreNamed() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            let error = try await #require(throws: RPCError.self) {
                try await client.call(TestAPI.echo, Note(text: "", number: 1_001))
            }
            #expect(error.reason == .invalidArgument)
            #expect(error.message.contains("text"))
            #expect(error.message.contains("number"))
            client.close()
        }
    }

    /// Nobody may take it for a decision against what they asked for once that is done.
    @Test(arguments: [true, false]) func aReplyThatFitsIntoNoFrameIsToldOf(
        isMutation: Bool
    ) async throws {
        var limits = RPCLimits()
        limits.frameBytes = 4_096
        try await inBothWorlds(limits: limits) { harness in
            let client = harness.client()
            let method = isMutation ? TestAPI.make : TestAPI.tell
            let reply = try await client.call(method, Note(text: "x", number: 4))
            #expect(reply.text.utf8.count == 4_000)
            let error = try await #require(throws: RPCError.self) {
                try await client.call(method, Note(text: "x", number: 5))
            }
            #expect(error.reason == .replyTooLarge && error.code == .resourceExhausted)
            #expect(error.outcome == (isMutation ? .unknown : .refused))
            #expect(error.executed == isMutation)
            #expect(error.detail["limit"] == 4_096)
            guard case .integer(let bytes) = error.detail["bytes"] else {
                Issue.record("it does not say how many bytes")
                return
            }
            #expect(error.message.contains("\(bytes)") && (5_000...5_100).contains(bytes))
            // Asking again would do no good, and the connection lives on.
            #expect(harness.finished.count == 2)
            _ = try await client.call(method, Note(text: "x", number: 1))
            #expect(harness.server.connectionCount == 1)
            client.close()
        }
    }

    @Test func anUnknownMethodIsNamed() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            let unknown = Method<Note, Note>("test.Nothing", .query, callers: [], .anybody, "")
            let error = try await #require(throws: RPCError.self) {
                try await client.call(unknown, Note(text: "x"))
            }
            #expect(error.reason == .unknownMethod)
            #expect(error.message.contains("test.Nothing"))
            client.close()
        }
    }

    @Test func theDeadlineEndsACall() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            let error = try await #require(throws: RPCError.self) {
                try await client.call(
                    TestAPI.slow, Note(text: "x", number: 1_000), CallOptions(timeoutMs: 20))
            }
            #expect(error.reason == .deadlineExceeded)
            #expect(error.outcome == .unknown)
            // The answer that comes after all is dropped, and the connection lives on.
            let reply = try await client.call(TestAPI.slow, Note(text: "y", number: 30))
            #expect(reply.text == "y")
            #expect(harness.server.connectionCount == 1)
            client.close()
        }
    }

    @Test func cancellingACallEndsItOnBothSides() async throws {
        try await inBothWorlds { harness in
            let client = harness.client()
            _ = try await client.call(TestAPI.echo, Note(text: "x"))
            let task = harness.world.scheduler.spawn {
                try await client.call(TestAPI.slow, Note(text: "x", number: 1_000))
            }
            _ = try await client.call(TestAPI.slow, Note(text: "x", number: 5))
            task.cancel()
            let result = await task.result
            #expect(throws: RPCError.self) { try result.get() }
            _ = try await client.call(TestAPI.slow, Note(text: "x", number: 5))
            #expect(harness.finished.count == 2)
            client.close()
        }
    }

    @Test func moreCallsThanTheServerTakesWaitTheirTurn() async throws {
        var limits = RPCLimits()
        limits.callsPerConnection = 4
        try await inBothWorlds(limits: limits) { harness in
            let client = harness.client()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        _ = try await client.call(TestAPI.slow, Note(text: "x", number: 2))
                    }
                }
                try await group.waitForAll()
            }
            #expect(harness.finished.count == 20)
            client.close()
        }
    }
}
