/// A stream of bytes to a peer and back. It knows no messages.
///
/// Writes are gathered and leave together at the end of the scheduler's turn. Calls are safe from
/// any thread; the handler is called on the channel's scheduler only, one call at a time.
public protocol Channel: AnyObject, Sendable {
    /// Who is at the other end, for limits and log lines: `127.0.0.1:50432`, or a name in memory.
    var peer: String { get }

    /// Appends to the bytes that wait to be sent, and returns how many wait now. A closed channel
    /// drops them.
    @discardableResult
    func write(_ append: (inout [UInt8]) throws -> Void) rethrows -> Int

    /// Stops or resumes reading: how a slow reader of replies is made to wait with its requests.
    func setReading(_ isReading: Bool)

    /// Sends what waits, then closes; the handler hears `channelClosed` once.
    func close()

    /// Closes at once and drops what waits.
    func abort()
}

/// What happens on a channel.
public protocol ChannelHandler: AnyObject, Sendable {
    /// The bytes are valid during the call alone.
    func channelReceived(_ bytes: UnsafeRawBufferPointer)

    /// All that was written has left, after some of it had to wait or while reading is stopped.
    func channelDrained()

    /// The last call: nothing more comes or goes. `reason` is nil for an orderly end.
    func channelClosed(_ reason: NetError?)
}

/// Where channels come from: the machine's TCP, or memory.
public protocol Network: Sendable {
    /// Accepts channels at `address` until the listener is closed. `accept` gives each its handler.
    func listen(
        at address: Address, accept: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Listener

    /// Opens a channel; the handler is in place before the first byte can arrive.
    func connect(
        to address: Address, handler: @escaping @Sendable (any Channel) -> any ChannelHandler
    ) async throws -> any Channel
}

public protocol Listener: Sendable {
    /// The address that was bound, with the port that port 0 became.
    var address: Address { get }

    func close()
}
