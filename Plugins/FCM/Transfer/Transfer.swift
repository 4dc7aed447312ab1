import CCurl
import PluginAPI

/// One of curl's handles with everything that it points to; used again and again, on the courier's thread only.
final class Transfer {
    struct Request {
        var url: String
        var contentType: String
        /// The access token; nil: none is sent.
        var bearer: String?
        var onFreshConnection = false
    }

    /// An answer is never longer unless something else than Firebase answers.
    private static let answerLimit = 64 * 1_024

    let handle: UnsafeMutableRawPointer
    private var url = ""
    /// The same, taken apart once and not for every request.
    private let address: OpaquePointer
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var headerKey = ("", String?.none)
    private var body = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_608, alignment: 8)
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private(set) var answer: [UInt8] = []

    /// Nil when curl has no memory or does not know an option.
    init?(_ options: TransferOptions) {
        guard let handle = curl_easy_init() else { return nil }
        guard let address = curl_url() else {
            curl_easy_cleanup(handle)
            return nil
        }
        self.handle = handle
        self.address = address
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        guard options.apply(to: handle), prepare() else { return nil }
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_url_cleanup(address)
        curl_slist_free_all(headers)
        body.deallocate()
        errorText.deallocate()
    }

    /// Sets the request; false: curl has no memory. The body is copied.
    func set(_ request: Request, body: UnsafeRawBufferPointer) -> Bool {
        answer.removeAll(keepingCapacity: true)
        errorText.pointee = 0
        guard setURL(request.url), setHeaders(request), setBody(body) else { return false }
        return fcm_set_long(handle, CURLOPT_FRESH_CONNECT, request.onFreshConnection ? 1 : 0) == CURLE_OK
    }

    var status: Int { fcm_status(handle) }

    var retryAfter: Duration? {
        let seconds = fcm_retry_after(handle)
        return seconds > 0 ? .seconds(min(Int64(seconds), 86_400)) : nil
    }

    /// What curl says of a transfer that failed.
    func problem(_ code: CURLcode) -> String {
        let detail = String(cString: errorText)
        return "curl \(code.rawValue): \(detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail)"
    }

    private func prepare() -> Bool {
        let context = Unmanaged.passUnretained(self).toOpaque()
        return fcm_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText) == CURLE_OK
            && fcm_set_writer(
                handle,
                { bytes, size, count, context in
                    guard let bytes, let context else { return 0 }
                    let chunk = UnsafeRawBufferPointer(start: bytes, count: size * count)
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().take(chunk)
                }, context) == CURLE_OK
    }

    /// Anything but the count of the bytes ends the transfer.
    private func take(_ chunk: UnsafeRawBufferPointer) -> Int {
        guard answer.count + chunk.count <= Self.answerLimit else { return 0 }
        answer.append(contentsOf: chunk)
        return chunk.count
    }

    private func setURL(_ text: String) -> Bool {
        if url == text { return true }
        guard fcm_set_text(handle, CURLOPT_URL, text) == CURLE_OK,
            curl_url_set(address, CURLUPART_URL, text, 0) == CURLUE_OK,
            fcm_set_pointer(handle, CURLOPT_CURLU, UnsafeMutableRawPointer(address)) == CURLE_OK
        else { return false }
        url = text
        return true
    }

    private func setHeaders(_ request: Request) -> Bool {
        if headers != nil, headerKey == (request.contentType, request.bearer) { return true }
        // Each of their bytes costs in each request, so there are no more than needed.
        var lines = ["Content-Type: \(request.contentType)"]
        if let bearer = request.bearer { lines.append("Authorization: Bearer \(bearer)") }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                return false
            }
            list = longer
        }
        let old = exchange(&headers, with: list)
        headerKey = (request.contentType, request.bearer)
        let isSet = fcm_set_pointer(handle, CURLOPT_HTTPHEADER, list) == CURLE_OK
        curl_slist_free_all(old)
        return isSet
    }

    private func setBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count
        if count > body.count {
            body.deallocate()
            body = .allocate(byteCount: count, alignment: 8)
        }
        body.copyMemory(from: bytes)
        return fcm_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(count)) == CURLE_OK
            && fcm_set_pointer(handle, CURLOPT_POSTFIELDS, body.baseAddress) == CURLE_OK
    }
}
