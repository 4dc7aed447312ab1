import NIOCore

extension JSONValue {
    /// Reads all readable bytes of a buffer as one JSON text.
    ///
    /// - Throws: ``JSONError``; offsets count from the buffer's reader index.
    public init(parsing buffer: ByteBuffer, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        self = try buffer.withUnsafeReadableBytes { JSONParser.parse($0, limits: limits) }.get()
    }

    /// Reads bytes as one JSON text.
    ///
    /// - Throws: ``JSONError``; offsets count from the first byte.
    public init(parsing bytes: some Sequence<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        let contiguous = bytes.withContiguousStorageIfAvailable { storage in
            JSONParser.parse(UnsafeRawBufferPointer(storage), limits: limits)
        }
        if let contiguous {
            self = try contiguous.get()
        } else {
            self = try Array(bytes).withUnsafeBytes { JSONParser.parse($0, limits: limits) }.get()
        }
    }

    /// Reads a string as one JSON text.
    ///
    /// - Throws: ``JSONError``; offsets count UTF-8 bytes.
    public init(parsing text: some StringProtocol, limits: JSONLimits = JSONLimits()) throws(JSONError) {
        try self.init(parsing: text.utf8, limits: limits)
    }
}
