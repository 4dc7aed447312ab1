import HTTPTypes

extension Response {
    /// A JSON answer; the content type says nothing more, as clients compare it whole. No cache keeps it, unless the
    /// fields say otherwise.
    public init(status: HTTPResponse.Status = .ok, json buffer: ByteBuffer, headers: HTTPFields = [:]) {
        var headers = headers
        if headers.isEmpty {
            // Setting a field looks for older ones first.
            headers.append(HTTPField(name: .contentType, value: "application/json"))
            headers.append(HTTPField(name: .cacheControl, value: "no-store"))
        } else {
            headers[.contentType] = "application/json"
            if !headers.contains(.cacheControl) { headers[.cacheControl] = "no-store" }
        }
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: buffer))
    }

    /// A JSON answer written in place.
    public init(status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], json write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        write(&writer)
        self.init(status: status, json: writer.buffer, headers: headers)
    }

    /// The error body of the contract (`http.md` 4): `message` only where it differs from `error`.
    public static func error(
        _ status: HTTPResponse.Status,
        code: String,
        _ error: String,
        message: String? = nil,
        headers: HTTPFields = [:]
    ) -> Response {
        Response(status: status, headers: headers) { json in
            json.beginObject()
            json.field("error", error)
            json.field("code", code)
            if let message, message != error { json.field("message", message) }
            json.endObject()
        }
    }
}
