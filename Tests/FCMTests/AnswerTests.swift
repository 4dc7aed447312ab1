import PluginAPI
import Testing

@testable import FCMPlugin

@Suite("FCM: what an answer means")
struct AnswerTests {
    private func answer(
        _ status: Int, code: String? = nil, word: String = "X", field: String? = nil, retryAfter: Duration? = nil
    ) -> FCMAnswer {
        var details: [JSONValue] = []
        if let code {
            details.append(["@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": .string(code)])
        }
        if let field {
            details.append([
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [["field": .string(field), "description": "bad"]],
            ])
        }
        let body: JSONValue = [
            "error": [
                "code": .int(Int64(status)), "message": "why", "status": .string(word), "details": .array(details),
            ]
        ]
        return FCMAnswer(status: status, body: Array(body.description.utf8), retryAfter: retryAfter)
    }

    private func verdict(_ answer: FCMAnswer) -> PushAnswer.Verdict? {
        switch answer {
        case .final(let answer), .trouble(let answer): answer.verdict
        case .unauthorized: nil
        }
    }

    @Test("a push that was taken has a name")
    func accepted() {
        let body = Array(#"{"name":"projects/p/messages/0:1"}"#.utf8)
        let taken = FCMAnswer(status: 200, body: body, retryAfter: nil)
        #expect(taken == .final(PushAnswer(.accepted, "projects/p/messages/0:1")))
        #expect(verdict(FCMAnswer(status: 200, body: [], retryAfter: nil)) == .accepted)
    }

    @Test("a token is forgotten when it is unregistered, another sender's, or itself no argument, and only then")
    func tokens() {
        #expect(verdict(answer(404, code: "UNREGISTERED", word: "NOT_FOUND")) == .tokenIsDead)
        #expect(verdict(answer(404, word: "NOT_FOUND")) == .refused)
        #expect(verdict(answer(400, code: "INVALID_ARGUMENT", field: "message.token")) == .tokenIsDead)
        #expect(verdict(answer(400, code: "INVALID_ARGUMENT", field: "message.data[0].value")) == .refused)
        #expect(verdict(answer(400, code: "INVALID_ARGUMENT")) == .refused)
        #expect(verdict(answer(403, code: "SENDER_ID_MISMATCH")) == .tokenIsDead)
        #expect(verdict(answer(403, word: "PERMISSION_DENIED")) == .tryAgain(after: nil))
    }

    @Test("what is Firebase's fault is tried again, as late as it asks for", arguments: [429, 500, 502, 503, 504])
    func trouble(status: Int) {
        #expect(verdict(answer(status, retryAfter: .seconds(7))) == .tryAgain(after: .seconds(7)))
        #expect(
            verdict(FCMAnswer(status: status, body: Array("<html>".utf8), retryAfter: nil)) == .tryAgain(after: nil))
    }

    @Test("an access token that is not accepted is told from a project without a way to Apple")
    func unauthorized() {
        #expect(answer(401, word: "UNAUTHENTICATED") == .unauthorized("401 UNAUTHENTICATED why"))
        #expect(verdict(answer(401, code: "THIRD_PARTY_AUTH_ERROR")) == .refused)
    }

    @Test("whatever a body holds, its detail is one short line")
    func bounds() {
        let long = JSONValue.object(["error": ["message": .string(String(repeating: "é\n", count: 4_000))]])
        guard case .final(let answer) = FCMAnswer(status: 400, body: Array(long.description.utf8), retryAfter: nil)
        else {
            Issue.record("not final")
            return
        }
        #expect(answer.detail.utf8.count <= 500 && !answer.detail.contains("\n") && answer.detail.hasSuffix("…"))
        for body in [
            "", "[]", "{", "null", #"{"error":[]}"#, #"{"error":{"details":{}}}"#, #"{"error":{"details":[1]}}"#,
        ] {
            #expect(verdict(FCMAnswer(status: 404, body: Array(body.utf8), retryAfter: nil)) == .refused, "\(body)")
        }
    }

    @Test("an answer about a token is a token or a reason")
    func tokenAnswers() {
        func read(_ status: Int, _ text: String) -> TokenAnswer { TokenAnswer(status: status, body: Array(text.utf8)) }
        #expect(
            read(200, #"{"access_token":"ya29.x","expires_in":3599}"#) == .token("ya29.x", lifetime: .seconds(3_599)))
        #expect(read(200, #"{"access_token":"a","expires_in":-5}"#) == .token("a", lifetime: .seconds(1)))
        #expect(read(200, #"{"access_token":"a\r\nX: y"}"#) == .refused("HTTP 200 without a token"))
        let refusal = #"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#
        #expect(read(400, refusal) == .refused("invalid_grant: Invalid JWT Signature."))
        #expect(read(503, "busy") == .refused("HTTP 503 busy"))
        #expect(read(502, "") == .refused("HTTP 502 without a token"))
        #expect(read(200, "busy") == .refused("HTTP 200 without a token"))
        let google = #"{"error":{"code":403,"message":"It is not turned on","status":"PERMISSION_DENIED"}}"#
        #expect(read(403, google) == .refused("HTTP 403 PERMISSION_DENIED: It is not turned on"))
    }

    @Test("what a refusal says is in its detail, whoever answers")
    func words() {
        func detail(_ status: Int, _ text: String) -> String {
            switch FCMAnswer(status: status, body: Array(text.utf8), retryAfter: nil) {
            case .final(let answer), .trouble(let answer): answer.detail
            case .unauthorized(let detail): detail
            }
        }
        let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body></html>"
        #expect(detail(502, page) == "502 502 Bad Gateway 502 Bad Gateway")
        #expect(detail(407, "Proxy says no") == "407 Proxy says no")
        #expect(detail(400, #"{"error":"invalid_request","error_description":"no"}"#) == "400 invalid_request: no")
        #expect(detail(503, "") == "503" && detail(503, "{}") == "503")
        #expect(detail(500, String(repeating: "x<", count: 40_000)).utf8.count <= 500)
    }
}
