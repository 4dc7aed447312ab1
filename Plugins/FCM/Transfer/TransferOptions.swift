import CCurl
import PluginAPI

/// What all transfers have in common.
struct TransferOptions: Sendable {
    var certificates: String?
    var timeout: Duration
    var connectTimeout: Duration

    /// False when curl does not know an option: it is too old.
    func apply(to handle: UnsafeMutableRawPointer) -> Bool {
        // In milliseconds, never 0, which means without end.
        let (whole, connect) = (max(1, timeout.wholeMilliseconds), max(1, connectTimeout.wholeMilliseconds))
        var codes = [
            fcm_set_long(handle, CURLOPT_POST, 1),
            fcm_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)),
            // Waits for a connection that is being made rather than making another.
            fcm_set_long(handle, CURLOPT_PIPEWAIT, 1),
            // Signals belong to the whole process.
            fcm_set_long(handle, CURLOPT_NOSIGNAL, 1),
            fcm_set_long(handle, CURLOPT_TIMEOUT_MS, Int(whole)),
            fcm_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(connect)),
            fcm_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            // Made anew for each request; the usual 64 kB are a large block, which costs the allocator a tidying-up.
            fcm_set_long(handle, CURLOPT_UPLOAD_BUFFERSIZE, 16_384),
            fcm_set_long(handle, CURLOPT_BUFFERSIZE, 4_096),
            fcm_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1),
            // A name server that hangs would hold the thread when its transfer is given up.
            fcm_set_long(handle, CURLOPT_QUICK_EXIT, 1),
            fcm_set_text(handle, CURLOPT_PROTOCOLS_STR, "https"),
            fcm_set_text(handle, CURLOPT_USERAGENT, "ReplyHQ"),
        ]
        if let certificates { codes.append(fcm_set_text(handle, CURLOPT_CAINFO, certificates)) }
        return codes.allSatisfy { $0 == CURLE_OK }
    }
}
