import Glibc
import NIOCore
import Testing

@testable import HostCore

@Suite("Errors in plain words")
struct ErrorTextTests {
    @Test("the system's errors are said in its words, and others in their own")
    func words() {
        #expect(ErrorText.plain(IOError(errnoCode: ECONNREFUSED, reason: "x (y)")) == "Connection refused")
        #expect(ErrorText.plain(ChannelError.inputClosed) == "the connection was closed")
        #expect(PluginFailure.text(IOError(errnoCode: EACCES, reason: "open")) == "Permission denied")
        #expect(ErrorText.plain(PlainTestError()) == "what went wrong")
    }
}

private struct PlainTestError: Error, CustomStringConvertible {
    let description = "what went wrong"
}
