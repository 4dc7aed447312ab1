import HTTPTypes
import NIOCore

/// The header fields of every answer, whatever it answers: security, and that origins are answered differently.
struct StandingFields: Sendable {
    private let security: SecurityHeaders
    /// All of them as HTTP/1.1 sends them, made once.
    private let lines: ByteBuffer

    init(isSecure: Bool) {
        security = SecurityHeaders(isSecure: isSecure)
        var (all, lines) = (HTTPFields(), ByteBuffer())
        security.add(to: &all)
        all.append(CORSFields.vary)
        for field in all { HTTP1ResponseBytes.write(field, to: &lines) }
        self.lines = lines
    }

    func add(to fields: inout HTTPFields) {
        security.add(to: &fields)
        fields.append(CORSFields.vary)
    }

    /// Writes what an answer does not have by itself.
    ///
    /// - Parameter fields: those of the answer.
    func write(beside fields: HTTPFields, to buffer: inout ByteBuffer) {
        guard security.isIn(fields) else {
            buffer.writeImmutableBuffer(lines)
            return
        }
        var missing = fields
        add(to: &missing)
        for field in missing.dropFirst(fields.count) { HTTP1ResponseBytes.write(field, to: &buffer) }
    }
}
