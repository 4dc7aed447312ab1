import PluginAPI
import Testing

@Suite("Errors as HTTP says them")
struct ErrorTests {
    @Test(
        "each code has its status",
        arguments: [
            (.conversationNotFound, 404), (.messageNotFound, 404), (.appNotFound, 404), (.messageTooLong, 400),
            (.invalidPayload, 400), (.validation, 400), (.conflict, 409), (.forbidden, 403), (.rateLimited, 429),
            (.invalidDeviceSecret, 403), (.invalidUserToken, 403),
            (.unavailable, 503), (.storageFull, 507), (.internalError, 500), (ChatError.Code("SOMETHING_NEW"), 500),
        ] as [(ChatError.Code, Int)])
    func status(code: ChatError.Code, status: Int) {
        #expect(ChatError(code, "reason").httpFailure.status.code == status)
    }

    @Test("an internal error says nothing of its cause")
    func internalError() {
        let failure = ChatError(.internalError, "table messages is gone").httpFailure
        #expect(failure.error == "Internal server error")
        #expect(failure.code == "INTERNAL_ERROR")
        #expect(failure.message == nil)
    }

    @Test("a text that is too long is named as the contract does")
    func tooLong() {
        let failure = ChatError.messageTooLong().httpFailure
        #expect(failure.error == "Message too long")
        #expect(failure.code == "MESSAGE_TOO_LONG")
        #expect(failure.message == "Message body cannot exceed 5000 characters")
    }

    @Test("advice on when to try again is rounded up to whole seconds")
    func retryAfter() {
        let limited = ChatError(.rateLimited, "Slow down", retryAfter: .milliseconds(1_200)).httpFailure
        #expect(limited.headers[.retryAfter] == "2")
        #expect(limited.details["retry_after"] == 2)
        #expect(ChatError(.unavailable, "Away").httpFailure.headers[.retryAfter] == "1")
    }
}
