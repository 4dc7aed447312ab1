import NIOCore

extension JSONWriter {
    /// Writes a string, quoted and escaped.
    public mutating func string(_ value: String) {
        writeQuoted(value, isKey: false)
    }

    /// Writes an integer.
    public mutating func int(_ value: Int64) {
        beginValue()
        writeDecimal(value)
    }

    /// Writes an integer.
    public mutating func int(_ value: Int) {
        int(Int64(value))
    }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool) {
        beginValue()
        if value { buffer.writeStaticString("true") } else { buffer.writeStaticString("false") }
    }

    /// Writes `null`.
    public mutating func null() {
        beginValue()
        buffer.writeStaticString("null")
    }

    /// Writes the shortest decimal that reads back as the same number; `null` when it is infinite or NaN, which JSON
    /// cannot say.
    public mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        beginValue()
        buffer.writeString(value.description)
    }

    /// Writes an instant as ISO 8601 text with three decimals.
    public mutating func timestamp(_ value: Timestamp) {
        beginValue()
        buffer.writeInteger(JSONText.quote)
        value.write(to: &buffer)
        buffer.writeInteger(JSONText.quote)
    }

    /// Writes any value.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .int(let value): int(value)
        case .double(let value): double(value)
        case .string(let value): string(value)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members): object(members)
        }
    }

    /// Writes an object.
    public mutating func object(_ members: JSONObject) {
        beginObject()
        for (name, value) in members {
            key(name)
            self.value(value)
        }
        endObject()
    }

    /// Writes the readable bytes of a buffer, which must be exactly one JSON value, without looking at them.
    public mutating func raw(_ json: ByteBuffer) {
        beginValue()
        buffer.writeImmutableBuffer(json)
    }

    /// Writes the decimal digits from the last one backwards into room that was counted beforehand.
    private mutating func writeDecimal(_ value: Int64) {
        var magnitude = value.magnitude
        var length = value < 0 ? 2 : 1
        var rest = magnitude
        while rest >= 10 {
            rest /= 10
            length += 1
        }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { bytes in
            if value < 0 { bytes[0] = UInt8(ascii: "-") }
            var position = length
            repeat {
                position -= 1
                bytes[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            } while magnitude > 0
            return length
        }
    }
}
