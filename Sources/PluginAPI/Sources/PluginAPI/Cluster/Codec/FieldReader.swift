/// Reads what a ``FieldWriter`` wrote, of this release or a neighbouring one.
struct FieldReader {
    /// A record that is not what its kind needs.
    struct Unreadable: Error {}

    /// The most values one reader takes in, so that a record of very many empty fields costs no more than its bytes.
    private static let mostFields = 10_000

    private var fields: [UInt8: [ByteBuffer]] = [:]

    init(_ buffer: ByteBuffer) throws(Unreadable) {
        var buffer = buffer
        var count = 0
        while buffer.readableBytes > 0 {
            count += 1
            guard count <= Self.mostFields, let tag = buffer.readInteger(as: UInt8.self),
                let length = buffer.readInteger(as: UInt32.self), let value = buffer.readSlice(length: Int(length))
            else { throw Unreadable() }
            fields[tag, default: []].append(value)
        }
    }

    func optionalText(_ tag: UInt8) throws(Unreadable) -> String? {
        guard let value = fields[tag]?.last else { return nil }
        guard let text = value.getUTF8(length: value.readableBytes) else { throw Unreadable() }
        return text
    }

    func text(_ tag: UInt8) throws(Unreadable) -> String {
        guard let text = try optionalText(tag) else { throw Unreadable() }
        return text
    }

    func optionalID<Entity>(_ tag: UInt8) throws(Unreadable) -> Identifier<Entity>? {
        try optionalText(tag).map { Identifier($0) }
    }

    func id<Entity>(_ tag: UInt8) throws(Unreadable) -> Identifier<Entity> {
        Identifier(try text(tag))
    }

    func texts(_ tag: UInt8) throws(Unreadable) -> [String] {
        var texts: [String] = []
        for value in fields[tag] ?? [] {
            guard let text = value.getUTF8(length: value.readableBytes) else { throw Unreadable() }
            texts.append(text)
        }
        return texts
    }

    func optionalInteger(_ tag: UInt8) throws(Unreadable) -> Int64? {
        guard let value = fields[tag]?.last else { return nil }
        guard value.readableBytes == 8, let number = value.getInteger(at: value.readerIndex, as: Int64.self) else {
            throw Unreadable()
        }
        return number
    }

    func integer(_ tag: UInt8) throws(Unreadable) -> Int64 {
        guard let number = try optionalInteger(tag) else { throw Unreadable() }
        return number
    }

    /// The number of a message: they begin at 1.
    func sequence(_ tag: UInt8) throws(Unreadable) -> Int64 {
        let number = try integer(tag)
        guard number > 0 else { throw Unreadable() }
        return number
    }

    func time(_ tag: UInt8) throws(Unreadable) -> Timestamp {
        Timestamp(milliseconds: try integer(tag))
    }

    /// A word of an enumeration; a word that this release does not know makes the record unreadable.
    func word<Word: RawRepresentable>(_ tag: UInt8) throws(Unreadable) -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: try text(tag)) else { throw Unreadable() }
        return word
    }

    func nested(_ tag: UInt8) throws(Unreadable) -> FieldReader {
        guard let value = fields[tag]?.last else { throw Unreadable() }
        return try FieldReader(value)
    }

    func allNested(_ tag: UInt8) throws(Unreadable) -> [FieldReader] {
        var readers: [FieldReader] = []
        for value in fields[tag] ?? [] { readers.append(try FieldReader(value)) }
        return readers
    }

    func object(_ tag: UInt8) throws(Unreadable) -> JSONObject {
        guard let value = fields[tag]?.last, let json = try? JSONValue(parsing: value), let object = json.objectValue
        else { throw Unreadable() }
        return object
    }
}

extension ByteBuffer {
    /// Text at the reader index; nil if it is not UTF-8.
    fileprivate func getUTF8(length: Int) -> String? {
        try? getUTF8ValidatedString(at: readerIndex, length: length)
    }
}
