import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

@Suite("Reading Socket.IO packets")
struct SocketIOPacketDecoderTests {
    private func decode(_ text: String) throws -> SocketIOPacket {
        try SocketIOPacketDecoder().decode(ByteBuffer(string: text))
    }

    struct Case: Sendable {
        var text: String
        var packet: SocketIOPacket

        init(
            _ text: String, _ type: SocketIOPacketType, _ namespace: String, id: UInt64? = nil,
            _ payload: JSONValue? = nil, attachments: Int = 0
        ) {
            self.text = text
            packet = SocketIOPacket(
                type: type, namespace: namespace, ackID: id, payload: payload, attachments: attachments
            )
        }
    }

    static let cases: [Case] = [
        Case(
            #"0/client,{"app_id":"a1","device_id":"d1","api_key":"k1"}"#, .connect, "/client",
            ["app_id": "a1", "device_id": "d1", "api_key": "k1"]
        ),
        Case("0", .connect, "/"),
        Case("0{}", .connect, "/", [:]),
        Case("0/client,", .connect, "/client"),
        Case("0/client", .connect, "/client"),
        Case("0/", .connect, "/"),
        Case(#"0/client?token=1,{"a":1}"#, .connect, "/client", ["a": 1]),
        Case(#"0/client{"a":1}"#, .connect, #"/client{"a":1}"#),
        Case("1", .disconnect, "/"),
        Case("1/client,", .disconnect, "/client"),
        Case(#"2["ping"]"#, .event, "/", ["ping"]),
        Case(#"2/client,["ping"]"#, .event, "/client", ["ping"]),
        Case(
            #"2/client,7["conversation:join",{"conversation_id":"conv_1"}]"#, .event, "/client", id: 7,
            ["conversation:join", ["conversation_id": "conv_1"]]
        ),
        Case(#"20["a"]"#, .event, "/", id: 0, ["a"]),
        Case(#"2/x,0042["a"]"#, .event, "/x", id: 42, ["a"]),
        Case(#"218446744073709551615["a"]"#, .event, "/", id: .max, ["a"]),
        Case(#"2["a,b",",/x"]"#, .event, "/", ["a,b", ",/x"]),
        Case("3/client,7[]", .ack, "/client", id: 7, []),
        Case("312[1,null]", .ack, "/", id: 12, [1, .null]),
        Case(#"4/x,{"message":"Invalid namespace"}"#, .connectError, "/x", ["message": "Invalid namespace"]),
        Case(#"4"no""#, .connectError, "/", "no"),
        Case(
            #"51-["a",{"_placeholder":true,"num":0}]"#, .binaryEvent, "/", ["a", ["_placeholder": true, "num": 0]],
            attachments: 1
        ),
        Case(
            #"61-/x,3[{"num":0,"_placeholder":true}]"#, .binaryAck, "/x", id: 3, [["_placeholder": true, "num": 0]],
            attachments: 1
        ),
        Case(#"50-["a"]"#, .binaryEvent, "/", ["a"]),
    ]

    @Test("A packet is read as its parts", arguments: cases)
    func readsPackets(example: Case) throws {
        #expect(try decode(example.text) == example.packet)
    }

    static let violations: [(String, SocketIOViolation)] = [
        ("", .emptyPacket), ("7", .unknownType), ("x", .unknownType), (" 2", .unknownType),
        ("0[]", .invalidPayload), ("0null", .invalidPayload), ("0\"x\"", .invalidPayload),
        ("1{}", .invalidPayload), ("1/client,[]", .invalidPayload),
        ("2", .invalidPayload), ("2/client,", .invalidPayload), ("2{}", .invalidPayload), ("2[]", .invalidPayload),
        ("2[1]", .invalidPayload), ("2[null]", .invalidPayload), ("2[[\"a\"]]", .invalidPayload),
        ("2/client,7", .invalidPayload),
        ("3[]", .missingAckID), ("37", .invalidPayload), ("37{}", .invalidPayload),
        ("4true", .invalidPayload), ("4[]", .invalidPayload),
        ("218446744073709551616[\"a\"]", .illegalAckID), ("2000000000000000000001[\"a\"]", .illegalAckID),
        ("5[\"a\"]", .illegalAttachments), ("5-[\"a\"]", .illegalAttachments), ("51[\"a\"]", .illegalAttachments),
        ("5x-[\"a\"]", .illegalAttachments), ("5-1-[\"a\"]", .illegalAttachments),
        ("51.0-[\"a\"]", .illegalAttachments),
        ("51234567890-[\"a\"]", .illegalAttachments), ("511-[\"a\"]", .tooManyAttachments),
        ("51-[\"a\"]", .illegalPlaceholder),
        ("50-[\"a\",{\"_placeholder\":true,\"num\":0}]", .illegalPlaceholder),
        ("51-[\"a\",{\"_placeholder\":true,\"num\":1}]", .illegalPlaceholder),
        ("51-[\"a\",{\"_placeholder\":true,\"num\":-1}]", .illegalPlaceholder),
        ("51-[\"a\",{\"_placeholder\":true,\"num\":0.5}]", .illegalPlaceholder),
        ("51-[\"a\",{\"_placeholder\":true,\"num\":\"0\"}]", .illegalPlaceholder),
        ("51-[\"a\",{\"_placeholder\":true}]", .illegalPlaceholder),
        ("51-[\"a\",{\"_placeholder\":true,\"num\":0,\"x\":1}]", .illegalPlaceholder),
        ("52-[\"a\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":0}]", .illegalPlaceholder),
    ]

    @Test("What breaks a rule is refused for that rule", arguments: violations)
    func refuses(text: String, violation: SocketIOViolation) {
        #expect(throws: violation) { try decode(text) }
    }

    static let brokenJSON = ["2[", "2[\"a\"]x", "2[\"a\",]", "2nope", "0{", "2/x,[\"a\"] 2"]

    @Test("Payloads that are not JSON are refused", arguments: brokenJSON)
    func refusesBrokenJSON(text: String) {
        #expect {
            try decode(text)
        } throws: { error in
            guard case .invalidJSON? = error as? SocketIOViolation else { return false }
            return true
        }
    }

    @Test("Reserved names are refused as events", arguments: SocketIOPacket.reservedEvents.sorted())
    func refusesReservedNames(name: String) {
        #expect(throws: SocketIOViolation.reservedEvent(name)) { try decode("2/client,[\"\(name)\",{}]") }
        #expect(throws: SocketIOViolation.reservedEvent(name)) { try decode("50-[\"\(name)\"]") }
    }

    @Test("A namespace may have 255 bytes and no more; a query is not counted")
    func namespaceLength() throws {
        let longest = "/" + String(repeating: "n", count: 254)
        #expect(try decode("0\(longest)?\(longest),").namespace == longest)
        #expect(try decode("0\(longest)").namespace == longest)
        #expect(throws: SocketIOViolation.namespaceTooLong) { try decode("0\(longest)n,") }
        #expect(throws: SocketIOViolation.namespaceTooLong) { try decode("0\(longest)n") }
    }

    @Test("Placeholders in a plain event are ordinary objects")
    func placeholdersOnlyCountInBinaryPackets() throws {
        let packet = try decode(#"2["a",{"_placeholder":true,"num":0}]"#)
        #expect(
            try packet.resolved()
                == .event(
                    namespace: "/", name: "a", arguments: [.json(["_placeholder": true, "num": 0])], ackID: nil
                )
        )
    }
}
