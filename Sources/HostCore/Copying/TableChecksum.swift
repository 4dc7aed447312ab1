import PluginAPI

/// The checksum of a table's rows in their order: SHA-256 over the rows as ``ArchiveRow/write(to:)`` writes them, one to
/// a line, in blocks of 64 KiB and a bit, each block's digest covering the digest of the block before.
struct TableChecksum {
    private static let blockSize = 64 << 10

    private var json = JSONWriter()
    private var chain: [UInt8] = []

    /// Adds a row; answers its bytes.
    mutating func add(_ row: ArchiveRow) -> ByteBuffer {
        // A writer of its own for each row, as one would put a comma between them.
        var writer = JSONWriter()
        swap(&writer.buffer, &json.buffer)
        let start = writer.buffer.writerIndex
        row.write(to: &writer)
        let bytes = writer.buffer.getSlice(at: start, length: writer.buffer.writerIndex - start) ?? ByteBuffer()
        writer.buffer.writeInteger(UInt8(ascii: "\n"))
        swap(&writer.buffer, &json.buffer)
        if json.buffer.readableBytes >= Self.blockSize { close() }
        return bytes
    }

    /// In lower hex; of no rows it is the digest of nothing.
    mutating func finish() -> String {
        close()
        return Hex.encode(chain)
    }

    private mutating func close() {
        guard json.buffer.readableBytes > 0 || chain.isEmpty else { return }
        chain = Digest.sha256(chain + Array(json.buffer.readableBytesView))
        json.buffer = ByteBuffer()
    }
}
