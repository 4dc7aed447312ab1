import Testing

@testable import SocketIOPlugin

@Suite("Requests that open a session")
struct EngineIOHandshakeTests {
    struct Case: Sendable {
        var query: String
        var method = "GET"
        var isUpgrade = true
        var refusal: EngineIOHandshake.Refusal?
    }

    static let cases: [Case] = [
        Case(query: "EIO=4&transport=websocket"),
        Case(query: "transport=websocket&EIO=4&t=abc&x"),
        Case(query: "EIO=4&transport=websocket&sid="),
        Case(query: "", refusal: .transportUnknown),
        Case(query: "EIO=4", refusal: .transportUnknown),
        Case(query: "EIO=4&transport", refusal: .transportUnknown),
        Case(query: "EIO=4&transport=polling", refusal: .transportUnknown),
        Case(query: "EIO=4&transport=polling", isUpgrade: false, refusal: .transportUnknown),
        Case(query: "EIO=4&transport=websocket&sid=abc", refusal: .sessionUnknown),
        Case(query: "EIO=4&transport=websocket", method: "POST", isUpgrade: false, refusal: .badMethod),
        Case(query: "EIO=4&transport=websocket", isUpgrade: false, refusal: .badRequest),
        Case(query: "EIO=3&transport=websocket", refusal: .unsupportedVersion),
        Case(query: "transport=websocket", refusal: .unsupportedVersion),
    ]

    @Test("A request is refused for the first thing that is wrong with it", arguments: cases)
    func refusals(request: Case) {
        #expect(
            EngineIOHandshake.check(method: request.method, query: request.query, isUpgrade: request.isUpgrade)
                == request.refusal
        )
    }

    @Test("Refusals have the codes and texts of the protocol")
    func texts() {
        #expect(
            EngineIOHandshake.Refusal.allCases.map(\.json) == [
                #"{"code":0,"message":"Transport unknown"}"#,
                #"{"code":1,"message":"Session ID unknown"}"#,
                #"{"code":2,"message":"Bad handshake method"}"#,
                #"{"code":3,"message":"Bad request"}"#,
                #"{"code":5,"message":"Unsupported protocol version"}"#,
            ]
        )
    }
}
