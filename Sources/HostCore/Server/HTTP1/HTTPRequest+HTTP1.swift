import HTTPTypes
import NIOHTTP1

extension HTTPRequest {
    /// The request line and fields of HTTP/1.1 in the common form of both versions.
    ///
    /// - Throws: for what RFC 9112 sections 3.2 and 3.3 demand to be refused.
    init(_ head: HTTPRequestHead, isSecure: Bool) throws(Refusal) {
        guard let method = HTTPRequest.Method(head.method.rawValue) else { throw .invalidRequest("Invalid method") }
        var authority: String?
        var fields = HTTPFields()
        fields.reserveCapacity(head.headers.count)
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name) else { throw .invalidRequest("Invalid header field") }
            if name.canonicalName == "host" {
                guard authority == nil else { throw .invalidRequest("Host given twice") }
                authority = value
            } else {
                fields.append(HTTPField(name: name, value: value))
            }
        }
        if authority == nil, head.version.minor > 0 { throw .invalidRequest("Host is missing") }
        guard let path = RequestTarget.path(of: head.uri) else { throw .invalidRequest("Invalid request target") }
        self.init(
            method: method, scheme: isSecure ? "https" : "http", authority: authority, path: path,
            headerFields: fields)
    }
}
