import CCurl

/// curl's many transfers at once; touched by the courier's thread only, but for ``wakeUp()``.
final class CurlMulti {
    /// More connections to a host would only spread the streams.
    private static let connections = 2
    /// Firebase allows so many on a connection.
    static let streams = 100

    private let multi: UnsafeMutableRawPointer
    private let sockets = CorkedSockets()

    /// Nil when curl has no memory.
    init?() {
        guard fcm_global_init() == CURLE_OK, let multi = curl_multi_init() else { return nil }
        self.multi = multi
        let options = [
            (CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)),
            (CURLMOPT_MAX_HOST_CONNECTIONS, Self.connections),
            (CURLMOPT_MAX_CONCURRENT_STREAMS, Self.streams),
        ]
        for (option, value) in options { fcm_multi_set_long(multi, option, value) }
    }

    deinit { curl_multi_cleanup(multi) }

    /// A transfer for these transfers' connections; nil when curl has no memory or does not know an option.
    func makeTransfer(_ options: TransferOptions) -> Transfer? {
        guard let transfer = Transfer(options), sockets.follow(transfer.handle) else { return nil }
        return transfer
    }

    func add(_ transfer: Transfer) -> Bool { curl_multi_add_handle(multi, transfer.handle) == CURLM_OK }

    func remove(_ transfer: Transfer) { curl_multi_remove_handle(multi, transfer.handle) }

    /// Moves whatever can be moved, without waiting.
    func perform() {
        var running: CInt = 0
        sockets.whileCorked { curl_multi_perform(multi, &running) }
    }

    /// The next transfer that ended.
    func nextEnded() -> (handle: UnsafeMutableRawPointer, code: CURLcode)? {
        var code = CURLE_OK
        return fcm_next_ended(multi, &code).map { ($0, code) }
    }

    /// Waits until something can be moved, it is woken up, or the time is over.
    func wait(milliseconds: CInt) { curl_multi_poll(multi, nil, 0, milliseconds, nil) }

    /// Safe from every thread while it exists.
    var waker: Waker { Waker(multi: multi) }

    struct Waker: @unchecked Sendable {  // curl allows this one call from other threads.
        fileprivate let multi: UnsafeMutableRawPointer

        func wakeUp() { curl_multi_wakeup(multi) }
    }
}
