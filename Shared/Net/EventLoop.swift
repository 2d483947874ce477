internal import CLinux
internal import Glibc
public import Lifecycle
internal import Synchronization

/// One thread that waits for sockets, timers and jobs, and runs them: a service's whole world of
/// execution. Blocking calls have no place here.
///
/// A turn: run the jobs that are ready, send what they wrote, fire timers, wait for events.
public final class EventLoop: Scheduler {
    /// What other threads hand in.
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var timers = TimerHeap()
        var isStopping = false
        /// Threads that hand in several jobs before the loop is woken for them.
        var gathering: [UInt] = []
    }

    private let epoll: Int32
    private let wakeup: Int32
    private let inbox = Mutex(Inbox())
    /// True while the loop is, or is about to be, in `epoll_wait`: only then a wake-up is needed.
    private let isWaiting = Atomic<Bool>(false)
    private let thread = Atomic<UInt>(0)

    // The loop's thread alone touches these, between `run()`'s first and last line.
    nonisolated(unsafe) private var localJobs: [UnownedJob] = []
    nonisolated(unsafe) private var spareJobs: [UnownedJob] = []
    nonisolated(unsafe) private var sources: [Int32: any EventSource] = [:]
    nonisolated(unsafe) private var unsent: [any EventSource] = []
    nonisolated(unsafe) private var afterJobs: [@Sendable () -> Void] = []
    nonisolated(unsafe) private var closed: [Int32] = []
    /// The last wait was short.
    nonisolated(unsafe) private var isWatchful = true
    /// One buffer for all reads: a connection that is idle holds none.
    nonisolated(unsafe) let readBuffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 128 * 1024, alignment: 16)

    public init() throws {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw NetError("epoll_create1", errno: errno) }
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeup >= 0 else { throw NetError("eventfd", errno: errno) }
        control(EPOLL_CTL_ADD, wakeup, EPOLLIN.rawValue)
    }

    deinit {
        Glibc.close(epoll)
        Glibc.close(wakeup)
        readBuffer.deallocate()
    }

    public var uptimeNanoseconds: UInt64 { SystemClock.uptimeNanoseconds }

    // MARK: Jobs and timers, from any thread

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOnLoop {
            localJobs.append(job)
        } else {
            let mustWake = inbox.withLock { inbox in
                inbox.jobs.append(job)
                return inbox.gathering.isEmpty
                    || !inbox.gathering.contains(UInt(pthread_self()))
            }
            if mustWake { wake() }
        }
    }

    public func gather(_ body: () -> Void) {
        let thread = UInt(pthread_self())
        inbox.withLock { $0.gathering.append(thread) }
        body()
        inbox.withLock { inbox in
            if let index = inbox.gathering.firstIndex(of: thread) {
                inbox.gathering.remove(at: index)
            }
        }
        wake()
    }

    public func schedule(
        at deadline: UInt64, _ action: @escaping @Sendable () -> Void
    ) -> ScheduledTimer {
        let id = inbox.withLock { $0.timers.insert(at: deadline, action) }
        wake()
        return ScheduledTimer { [self] in inbox.withLock { $0.timers.cancel(id) } }
    }

    public func afterJobs(_ action: @escaping @Sendable () -> Void) {
        if isOnLoop { afterJobs.append(action) } else { action() }
    }

    /// Ends `run()` once the jobs that are ready have run.
    public func stop() {
        inbox.withLock { $0.isStopping = true }
        wake()
    }

    var isOnLoop: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    private func wake() {
        guard !isOnLoop, isWaiting.exchange(false, ordering: .sequentiallyConsistent) else {
            return
        }
        var one: UInt64 = 1
        _ = Glibc.write(wakeup, &one, 8)
    }

    // MARK: The loop

    /// Starts the loop on a thread of its own.
    public func start(name: String) throws {
        try WorkerThread.start(name) { self.run() }
    }

    /// Runs on the calling thread until `stop()`.
    public func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        defer { thread.store(0, ordering: .relaxed) }
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            takeInbox()
            runJobs()
            fireTimers()
            sendAll()
            guard let timeout = timeToWait() else { return }
            let count = wait(timeout, &events)
            isWaiting.store(false, ordering: .relaxed)
            for index in 0..<max(0, Int(count)) {
                let event = events[index]
                let descriptor = event.data.fd
                if descriptor == wakeup {
                    var count: UInt64 = 0
                    _ = Glibc.read(wakeup, &count, 8)
                } else {
                    sources[descriptor]?.ready(event.events)
                }
            }
            closeAll()
        }
    }

    /// Sleeps until there are events. While they come close upon each other it looks for the next
    /// one a little while before it sleeps, and lets whoever else can run go first: to be woken
    /// takes longer than most of what events bring.
    private func wait(_ timeout: Int32, _ events: inout [epoll_event]) -> Int32 {
        let room = Int32(events.count)
        guard timeout != 0 else { return epoll_wait(epoll, &events, room, 0) }
        let start = uptimeNanoseconds
        defer { isWatchful = uptimeNanoseconds &- start < 2 * Self.watchfulNanoseconds }
        while isWatchful, uptimeNanoseconds &- start < Self.watchfulNanoseconds {
            sched_yield()
            let count = epoll_wait(epoll, &events, room, 0)
            if count != 0 { return count }
        }
        return epoll_wait(epoll, &events, room, timeout)
    }

    private static let watchfulNanoseconds: UInt64 = 50_000

    private func takeInbox() {
        inbox.withLock {
            guard !$0.jobs.isEmpty else { return }
            localJobs.append(contentsOf: $0.jobs)
            $0.jobs.removeAll(keepingCapacity: true)
        }
    }

    /// Runs the jobs that are ready, and those that they make ready, but lets the sockets have
    /// their turn after a while.
    private func runJobs() {
        var rounds = 0
        while !localJobs.isEmpty, rounds < 16 {
            swap(&localJobs, &spareJobs)
            for (index, job) in spareJobs.enumerated() {
                job.runSynchronously(on: asUnownedTaskExecutor())
                if index % Self.jobsPerSend == Self.jobsPerSend - 1 { sendAll() }
            }
            spareJobs.removeAll(keepingCapacity: true)
            rounds += 1
        }
    }

    /// What so many jobs wrote leaves together: few system calls, and yet the peer has work while
    /// the rest of the turn goes on here. All at the end would make the two take turns.
    private static let jobsPerSend = 16

    private func fireTimers() {
        let now = uptimeNanoseconds
        while let action = inbox.withLock({ $0.timers.popDue(at: now) }) { action() }
    }

    private func sendAll() {
        for action in afterJobs { action() }
        afterJobs.removeAll(keepingCapacity: true)
        for source in unsent { source.send() }
        unsent.removeAll(keepingCapacity: true)
        closeAll()
    }

    /// Milliseconds to wait, -1 for ever; nil when the loop shall end.
    private func timeToWait() -> Int32? {
        guard localJobs.isEmpty, unsent.isEmpty, afterJobs.isEmpty else { return 0 }
        isWaiting.store(true, ordering: .sequentiallyConsistent)
        return inbox.withLock {
            if !$0.jobs.isEmpty { return 0 }
            if $0.isStopping { return nil }
            guard let deadline = $0.timers.nextDeadline() else { return -1 }
            let now = uptimeNanoseconds
            return deadline <= now ? 0 : Int32(clamping: (deadline - now + 999_999) / 1_000_000)
        }
    }

    // MARK: Sockets, from the loop's thread

    /// Begins to watch a socket for `events`, or hands one that is watched to a new owner.
    func add(_ source: any EventSource, _ events: UInt32) {
        let isWatched = sources.updateValue(source, forKey: source.descriptor) != nil
        control(isWatched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, source.descriptor, events)
    }

    func watch(_ source: any EventSource, _ events: UInt32) {
        control(EPOLL_CTL_MOD, source.descriptor, events)
    }

    /// Stops watching and closes the socket at the end of the turn, so that its number cannot
    /// come back while events of this turn still name it.
    func remove(_ source: any EventSource) {
        guard sources[source.descriptor] === source else { return }
        sources[source.descriptor] = nil
        closed.append(source.descriptor)
    }

    /// Lets the source send at the end of this turn.
    func willSend(_ source: any EventSource) { unsent.append(source) }

    /// Runs on the loop: now when already there, else soon.
    func perform(_ action: @escaping @Sendable () -> Void) {
        if isOnLoop { action() } else { _ = schedule(at: 0, action) }
    }

    private func closeAll() {
        for descriptor in closed { Glibc.close(descriptor) }
        closed.removeAll(keepingCapacity: true)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32) {
        var event = epoll_event()
        event.events = events
        event.data.fd = descriptor
        epoll_ctl(epoll, operation, descriptor, &event)
    }
}

/// A socket that the loop watches.
protocol EventSource: AnyObject, Sendable {
    var descriptor: Int32 { get }
    func ready(_ events: UInt32)
    func send()
}
