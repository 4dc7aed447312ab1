/// What travels on a channel: records of one node, each with a number.
///
/// Layout, all integers big-endian: `R`, the version, the length and name of the node; then for each record its length
/// (4 bytes, of what follows), kind (1), number (8) and fields. Kinds and tags may be added by any release; what changes
/// the layout changes the version, and readers skip versions and kinds that they do not know.
struct ClusterEnvelope: Sendable {
    static let magic = UInt8(ascii: "R")
    static let version: UInt8 = 1
    /// A record above it is not sent; a message is then found by its heartbeat's mark.
    static let recordLimit = 512 * 1024
    /// An envelope is closed above it.
    static let size = 256 * 1024
    /// More is not read.
    static let limit = 2 * 1024 * 1024

    struct Entry: Sendable {
        /// Drawn once for each record; the same on every channel that carries it.
        var number: UInt64
        var record: ClusterRecord
    }

    var sender: NodeID
    var entries: [Entry]
    /// Records that were skipped: of a newer release, or broken.
    var skipped = 0

    /// The beginning of an envelope.
    static func header(of sender: NodeID) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(magic)
        buffer.writeInteger(version)
        buffer.writeInteger(UInt8(clamping: sender.rawValue.utf8.count))
        buffer.writeString(sender.rawValue)
        return buffer
    }

    /// One record as an envelope carries it; nil if it does not travel.
    static func encode(_ record: ClusterRecord, number: UInt64) -> ByteBuffer? {
        guard let (kind, fields) = record.encoded(), fields.readableBytes <= recordLimit else { return nil }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(13 + fields.readableBytes)
        buffer.writeInteger(UInt32(9 + fields.readableBytes))
        buffer.writeInteger(kind.rawValue)
        buffer.writeInteger(number)
        buffer.writeImmutableBuffer(fields)
        return buffer
    }

    /// Who sent an envelope, without reading further; nil if it is none of this version.
    static func sender(of body: ByteBuffer) -> NodeID? {
        var body = body
        return readHeader(&body)
    }

    /// Reads an envelope; nil if it is none of this version.
    init?(_ body: ByteBuffer) {
        var body = body
        guard body.readableBytes <= Self.limit, let sender = Self.readHeader(&body) else { return nil }
        self.sender = sender
        entries = []
        while let length = body.readInteger(as: UInt32.self) {
            guard length >= 9, var record = body.readSlice(length: Int(length)),
                let kind = record.readInteger(as: UInt8.self), let number = record.readInteger(as: UInt64.self)
            else { break }
            if let kind = ClusterRecordKind(rawValue: kind), let known = try? ClusterRecord(kind, record) {
                entries.append(Entry(number: number, record: known))
            } else {
                skipped += 1
            }
        }
    }

    private static func readHeader(_ body: inout ByteBuffer) -> NodeID? {
        guard body.readInteger(as: UInt8.self) == magic, body.readInteger(as: UInt8.self) == version,
            let length = body.readInteger(as: UInt8.self), length > 0,
            let name = body.readSlice(length: Int(length)),
            let text = try? name.getUTF8ValidatedString(at: name.readerIndex, length: name.readableBytes)
        else { return nil }
        return NodeID(text)
    }
}
