import PluginAPI

/// A message of the bus as the payloads of notifications: text of less than 8,000 bytes each (PostgreSQL documentation,
/// NOTIFY).
///
/// Each is `R1 <number> <index> <count> <piece>`: the pieces of one message are the base-64 text of its channel and body,
/// cut. The number is another for each message, so that no two payloads of a transaction are the same: PostgreSQL would
/// deliver them once. All pieces of a message are sent in one transaction, and arrive together and in order.
enum NotificationText {
    /// The longest piece; with what stands before it, it stays below PostgreSQL's limit.
    static let pieceLength = 7_900
    /// Longer messages are not read.
    static let mostPieces = 400
    static let magic = "R1"

    /// The payloads of a message; nil if it is too long.
    static func payloads(of message: BrokerMessage, number: UInt64) -> [String]? {
        guard message.channel.utf8.count <= Int(UInt16.max) else { return nil }
        var bytes = ByteBuffer()
        bytes.writeInteger(UInt16(message.channel.utf8.count))
        bytes.writeString(message.channel)
        bytes.writeImmutableBuffer(message.body)
        let text = Base64URL.encode(bytes.readableBytesView).utf8
        let count = max(1, (text.count + pieceLength - 1) / pieceLength)
        guard count <= mostPieces else { return nil }
        var payloads: [String] = []
        payloads.reserveCapacity(count)
        var start = text.startIndex
        for index in 0..<count {
            let end = text.index(start, offsetBy: pieceLength, limitedBy: text.endIndex) ?? text.endIndex
            payloads.append("\(magic) \(number) \(index) \(count) \(Substring(text[start..<end]))")
            start = end
        }
        return payloads
    }

    /// The message of pieces that were joined; nil if it is none.
    static func message(of text: String) -> BrokerMessage? {
        guard let bytes = Base64URL.decode(text) else { return nil }
        var buffer = ByteBuffer(bytes: bytes)
        guard let length = buffer.readInteger(as: UInt16.self), let name = buffer.readSlice(length: Int(length)),
            let channel = try? name.getUTF8ValidatedString(at: name.readerIndex, length: name.readableBytes)
        else { return nil }
        return BrokerMessage(channel: channel, body: buffer)
    }
}

/// Joins the pieces of messages. Anybody who may connect to the database can notify, so anything may come.
struct NotificationReader: Sendable {
    private struct Unfinished {
        var sender: Int32
        var number: Substring
        var next: Int
        var count: Int
        var text: String
    }

    /// Pieces of one message arrive without others between them, so there is at most one.
    private var unfinished: Unfinished?

    /// Takes a payload in; answers a message that it completes.
    mutating func take(_ payload: String, from sender: Int32) -> BrokerMessage? {
        let parts = payload.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == NotificationText.magic, let index = Int(parts[2]),
            let count = Int(parts[3]), (1...NotificationText.mostPieces).contains(count), (0..<count).contains(index)
        else { return nil }
        guard count > 1 else { return NotificationText.message(of: String(parts[4])) }
        if index == 0 {
            unfinished = Unfinished(sender: sender, number: parts[1], next: 1, count: count, text: String(parts[4]))
            return nil
        }
        guard var message = unfinished, message.sender == sender, message.number == parts[1], message.next == index,
            message.count == count
        else {
            unfinished = nil
            return nil
        }
        message.text += parts[4]
        message.next += 1
        guard message.next == count else {
            unfinished = message
            return nil
        }
        unfinished = nil
        return NotificationText.message(of: message.text)
    }
}
