import Lifecycle
import Support
import Testing

@testable import Storage

@Suite struct QueueTests {
    private func fill(_ queue: CommandQueue, _ lane: Lane, _ count: Int) -> StorageError? {
        var refusal: StorageError?
        for _ in 0..<count {
            refusal = queue.put(command(lane) { _ in 0 }.command)
        }
        return refusal
    }

    private func lanes(_ commands: [Command]?) -> [Int] {
        let commands = commands ?? []
        return [commands.count { $0.lane == .saga }, commands.count { $0.lane == .normal }]
    }

    @Test(arguments: [
        (saga: 1000, normal: 1000, batch: [192, 64]), (1000, 10, [246, 10]), (10, 1000, [10, 246]),
        (0, 1000, [0, 256]), (1000, 0, [256, 0]), (3, 4, [3, 4]),
    ])
    func sagasComeFirstUpToThreeQuarters(_ waiting: (saga: Int, normal: Int, batch: [Int])) {
        let queue = CommandQueue(wake: {})
        #expect(fill(queue, .normal, waiting.normal) == nil)
        #expect(fill(queue, .saga, waiting.saga) == nil)
        #expect(lanes(queue.take()) == waiting.batch)
    }

    @Test func aFullQueueRefuses() {
        let queue = CommandQueue(wake: {})
        #expect(fill(queue, .normal, CommandQueue.limit) == nil)
        #expect(fill(queue, .saga, 1)?.code == .overloaded)
        #expect(queue.take()?.count == CommandQueue.batchLimit)
        #expect(fill(queue, .saga, 1) == nil)
    }

    @Test func whatWaitsIsDoneBeforeTheQueueEnds() {
        let queue = CommandQueue(wake: {})
        #expect(fill(queue, .normal, 300) == nil)
        queue.close()
        #expect(fill(queue, .normal, 1)?.code == .closed)
        #expect(queue.take()?.count == 256)
        #expect(queue.take()?.count == 44)
        #expect(queue.take() == nil)
    }

    @Test(arguments: [Database.Mode.thread, .scheduled])
    func aClosedDatabaseRefuses(_ mode: Database.Mode) async throws {
        let bed = try Bed()
        try await bed.run(mode) { database in
            try await database.add(PoolRow(bed.test.world.newID(), left: 1))
            await database.close()
            let write = await #expect(throws: StorageError.self) {
                try await database.write { _ in }
            }
            let read = await #expect(throws: StorageError.self) { try await database.read { _ in } }
            #expect(write?.code == .closed)
            #expect(read?.code == .closed)
        }
    }

    @Test func aCallerThatGaveUpIsNotServed() async throws {
        let bed = try Bed()
        let database = try await bed.open()
        let id = bed.test.world.newID()
        let caller = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await database.add(PoolRow(id, left: 1))
        }
        let error = await #expect(throws: StorageError.self) { try await caller.value }
        #expect(error?.code == .cancelled)
        #expect(try await database.pool(id) == nil)
        await database.close()
    }
}
