import PluginAPI

/// Reads MessagePack as JSON, the way a Node server's sockets would show it.
///
/// A container's announced length is compared with the bytes that are there before anything is made for it.
struct MessagePackReader {
    private var bytes: ByteBuffer
    private var depthLeft: Int
    private var valuesLeft: Int

    private init(_ bytes: ByteBuffer, _ limits: MessagePackLimits) {
        self.bytes = bytes
        depthLeft = limits.depth
        valuesLeft = limits.values
    }

    /// Reads all readable bytes as one value.
    static func read(
        _ bytes: ByteBuffer, limits: MessagePackLimits = MessagePackLimits()
    ) throws(MessagePackFailure) -> JSONValue {
        var reader = MessagePackReader(bytes, limits)
        let value = try reader.value()
        guard reader.bytes.readableBytes == 0 else { throw .trailingBytes }
        return value
    }

    private mutating func value() throws(MessagePackFailure) -> JSONValue {
        guard valuesLeft > 0 else { throw .tooManyValues }
        valuesLeft -= 1
        let kind = try integer(UInt8.self)
        switch kind {
        case 0x00...0x7f: return .int(Int64(kind))
        case 0x80...0x8f: return try map(Int(kind & 0x0f))
        case 0x90...0x9f: return try array(Int(kind & 0x0f))
        case 0xa0...0xbf: return .string(try text(Int(kind & 0x1f)))
        case 0xc0: return .null
        case 0xc2, 0xc3: return .bool(kind == 0xc3)
        case 0xc4...0xc6: throw .binary
        case 0xc7: return try extended(Int(try integer(UInt8.self)))
        case 0xc8: return try extended(Int(try integer(UInt16.self)))
        case 0xc9: return try extended(Int(try integer(UInt32.self)))
        case 0xca: return Self.number(Double(Float(bitPattern: try integer(UInt32.self))))
        case 0xcb: return Self.number(Double(bitPattern: try integer(UInt64.self)))
        case 0xcc: return .int(Int64(try integer(UInt8.self)))
        case 0xcd: return .int(Int64(try integer(UInt16.self)))
        case 0xce: return .int(Int64(try integer(UInt32.self)))
        case 0xcf:
            let number = try integer(UInt64.self)
            return Int64(exactly: number).map { .int($0) } ?? .double(Double(number))
        case 0xd0: return .int(Int64(try integer(Int8.self)))
        case 0xd1: return .int(Int64(try integer(Int16.self)))
        case 0xd2: return .int(Int64(try integer(Int32.self)))
        case 0xd3: return .int(try integer(Int64.self))
        case 0xd4...0xd8: return try extended(1 << Int(kind - 0xd4))
        case 0xd9: return .string(try text(Int(try integer(UInt8.self))))
        case 0xda: return .string(try text(Int(try integer(UInt16.self))))
        case 0xdb: return .string(try text(Int(try integer(UInt32.self))))
        case 0xdc: return try array(Int(try integer(UInt16.self)))
        case 0xdd: return try array(Int(try integer(UInt32.self)))
        case 0xde: return try map(Int(try integer(UInt16.self)))
        case 0xdf: return try map(Int(try integer(UInt32.self)))
        default: return Int8(bitPattern: kind) < -32 ? try unknown() : .int(Int64(Int8(bitPattern: kind)))
        }
    }

    private func unknown() throws(MessagePackFailure) -> JSONValue { throw .unsupported }

    private mutating func integer<Number: FixedWidthInteger>(_: Number.Type) throws(MessagePackFailure) -> Number {
        guard let number = bytes.readInteger(as: Number.self) else { throw .truncated }
        return number
    }

    /// JSON has no other numbers.
    private static func number(_ value: Double) -> JSONValue { value.isFinite ? .double(value) : .null }

    private mutating func text(_ length: Int) throws(MessagePackFailure) -> String {
        guard let slice = bytes.readSlice(length: length) else { throw .truncated }
        guard let text = String(validating: slice.readableBytesView, as: UTF8.self) else { throw .invalidText }
        return text
    }
}

// MARK: Containers

extension MessagePackReader {
    private mutating func array(_ count: Int) throws(MessagePackFailure) -> JSONValue {
        try enter(atLeast: count)
        var values: [JSONValue] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try value()) }
        depthLeft += 1
        return .array(values)
    }

    private mutating func map(_ count: Int) throws(MessagePackFailure) -> JSONValue {
        try enter(atLeast: 2 * count)
        var object = JSONObject()
        for _ in 0..<count {
            let key = try self.key()
            object.set(key, try value())
        }
        depthLeft += 1
        return .object(object)
    }

    /// - Parameter count: bytes that have to follow.
    private mutating func enter(atLeast count: Int) throws(MessagePackFailure) {
        guard depthLeft > 0 else { throw .tooDeep }
        guard count <= bytes.readableBytes else { throw .truncated }
        guard count <= valuesLeft else { throw .tooManyValues }
        depthLeft -= 1
    }

    private mutating func key() throws(MessagePackFailure) -> String {
        switch try value() {
        case .string(let key): return key
        case .int(let key): return String(key)
        default: throw .invalidKey
        }
    }
}

// MARK: Extensions

extension MessagePackReader {
    /// JavaScript's `undefined` and dates are written as extensions.
    private mutating func extended(_ length: Int) throws(MessagePackFailure) -> JSONValue {
        let kind = try integer(Int8.self)
        guard bytes.readableBytes >= length else { throw .truncated }
        switch (kind, length) {
        case (0, 1):
            bytes.moveReaderIndex(forwardBy: 1)
            return .null
        case (0, 8): return Self.date(milliseconds: try integer(Int64.self))
        case (-1, 4): return Self.date(seconds: Int64(try integer(UInt32.self)), nanoseconds: 0)
        case (-1, 8):
            let both = try integer(UInt64.self)
            return Self.date(seconds: Int64(both & 0x3_ffff_ffff), nanoseconds: Int64(both >> 34))
        case (-1, 12):
            let nanoseconds = Int64(try integer(UInt32.self))
            return Self.date(seconds: try integer(Int64.self), nanoseconds: nanoseconds)
        default: throw .unsupported
        }
    }

    private static func date(seconds: Int64, nanoseconds: Int64) -> JSONValue {
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        return overflow ? .null : date(milliseconds: whole &+ nanoseconds / 1_000_000)
    }

    /// A date of JavaScript lies within 100 million days of the epoch; another is none, and null in JSON.
    private static func date(milliseconds: Int64) -> JSONValue {
        let range = -8_640_000_000_000_000...Int64(8_640_000_000_000_000)
        return range.contains(milliseconds) ? .string(Timestamp(milliseconds: milliseconds).iso8601) : .null
    }
}
