import NIOCore
import PluginAPI

/// The objects `{"_placeholder":true,"num":n}` that stand in a binary packet's JSON for its attachments.
enum SocketIOPlaceholders {
    /// Makes sure that each of `count` attachments is named exactly once and nothing else is, before any is waited for.
    static func check(_ payload: JSONValue, count: Int) throws(SocketIOViolation) {
        var named = [Bool](repeating: false, count: count)
        try mark(payload, &named)
        guard named.allSatisfy({ $0 }) else { throw .illegalPlaceholder }
    }

    /// Puts the attachments in place. Subtrees without one stay plain JSON.
    static func substitute(
        _ value: JSONValue, _ binaries: [ByteBuffer]
    ) throws(SocketIOViolation) -> SocketIOValue {
        switch value {
        case .array(let elements):
            var holdsBinary = false
            var values: [SocketIOValue] = []
            values.reserveCapacity(elements.count)
            for element in elements {
                let value = try substitute(element, binaries)
                if !value.isPlain { holdsBinary = true }
                values.append(value)
            }
            return holdsBinary ? .array(values) : .json(value)
        case .object(let object):
            if let number = try number(in: object, count: binaries.count) { return .binary(binaries[number]) }
            var holdsBinary = false
            var fields: [SocketIOField] = []
            for (name, member) in object {
                let value = try substitute(member, binaries)
                if !value.isPlain { holdsBinary = true }
                fields.append(SocketIOField(name: name, value: value))
            }
            return holdsBinary ? .object(fields) : .json(value)
        case .null, .bool, .int, .double, .string:
            return .json(value)
        }
    }

    private static func mark(_ value: JSONValue, _ named: inout [Bool]) throws(SocketIOViolation) {
        switch value {
        case .array(let elements):
            for element in elements { try mark(element, &named) }
        case .object(let object):
            if let number = try number(in: object, count: named.count) {
                guard !named[number] else { throw .illegalPlaceholder }
                named[number] = true
            } else {
                for (_, member) in object { try mark(member, &named) }
            }
        case .null, .bool, .int, .double, .string:
            return
        }
    }

    /// The attachment an object stands for; nil when it is an ordinary object.
    private static func number(in object: JSONObject, count: Int) throws(SocketIOViolation) -> Int? {
        guard object["_placeholder"] == .bool(true) else { return nil }
        guard object.count == 2, case .int(let number)? = object["num"], let index = Int(exactly: number),
            (0..<count).contains(index)
        else { throw .illegalPlaceholder }
        return index
    }
}

extension SocketIOValue {
    /// Whether the value is JSON throughout, by construction rather than by search.
    var isPlain: Bool {
        if case .json = self { return true }
        return false
    }
}
