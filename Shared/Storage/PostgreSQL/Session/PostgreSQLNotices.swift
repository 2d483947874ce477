internal import CPostgres

/// What a server says beside its answers. One thing counts: that a commit is not on the standby
/// that it should have waited for.
final class PostgreSQLNotices {
    private var isCommitting = false
    /// What it said while a commit was waited for.
    private(set) var warning: String?

    /// Lives as long as the connection does.
    init(of handle: OpaquePointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        PQsetNoticeReceiver(
            handle,
            { context, result in
                guard let context else { return }
                Unmanaged<PostgreSQLNotices>.fromOpaque(context).takeUnretainedValue()
                    .receive(PostgreSQLFailure(result))
            }, context)
    }

    /// A commit is on its way.
    func begin() {
        isCommitting = true
        warning = nil
    }

    private func receive(_ notice: PostgreSQLFailure) {
        // "canceling wait for synchronous replication", in the server's language.
        guard isCommitting, ["01000", "57P01"].contains(notice.state.text) else { return }
        warning = notice.message
    }
}
