import NIOCore
import Testing

@testable import HostCore

@Suite("Frames of HTTP/2 seen from outside")
struct HTTP2FrameScannerTests {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    private static let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]
    private static let settings = frame(4, 0, payload: [0, 4, 0, 0, 0, 0])

    private static func frame(_ type: UInt8, _ flags: UInt8, payload: [UInt8] = []) -> [UInt8] {
        [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, type == 4 ? 0 : 1] + payload
    }

    private func pass(_ scanner: inout HTTP2FrameScanner, _ bytes: [UInt8]) -> [UInt8] {
        Array(scanner.pass(ByteBuffer(bytes: bytes)).readableBytesView)
    }

    @Test("The server's settings are acknowledged behind the client's, and the client's acknowledgement is taken out")
    func acknowledgement() {
        let ping = Self.frame(6, 0, payload: Array(1...8))
        let all = Self.preface + Self.settings + ping + Self.acknowledgement + ping + Self.acknowledgement
        let expected = Self.preface + Self.settings + Self.acknowledgement + ping + ping + Self.acknowledgement
        for size in [1, 2, 5, 9, 10, 33, all.count] {
            var (scanner, rest, output) = (HTTP2FrameScanner(), all[...], [UInt8]())
            while !rest.isEmpty {
                output += pass(&scanner, Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(output == expected, "in pieces of \(size)")
            #expect(!scanner.isMidway)
        }
    }

    @Test("A header block is under way until its last frame has come whole")
    func block() {
        var scanner = HTTP2FrameScanner()
        #expect(scanner.isMidway)
        _ = pass(&scanner, Self.preface + Self.settings + Self.acknowledgement)
        #expect(!scanner.isMidway)
        _ = pass(&scanner, Self.frame(1, 0, payload: [1, 2]))
        #expect(scanner.isMidway)
        let last = Self.frame(9, 4, payload: [3, 4, 5])
        _ = pass(&scanner, Array(last.dropLast()))
        #expect(scanner.isMidway)
        let completed = scanner.completed
        _ = pass(&scanner, [5])
        #expect(!scanner.isMidway && scanner.completed == completed + 1)
        // Of a client that sends without a pause reads rarely end between two frames.
        _ = pass(&scanner, Array(Self.frame(0, 0, payload: [1, 2, 3]) + [0, 0]))
        #expect(scanner.isMidway && scanner.completed == completed + 2)
        _ = pass(&scanner, [1])
        #expect(scanner.isMidway && scanner.completed == completed + 2)
    }
}
