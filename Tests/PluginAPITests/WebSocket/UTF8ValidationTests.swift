import NIOCore
import PluginAPI
import Testing
import WebSocketTesting

@Suite("UTF-8 validation")
struct UTF8ValidationTests {
    @Test("Every sequence of up to three bytes from the borders of the tables is judged as the standard library does")
    func agreesWithTheStandardLibrary() {
        let borders: [UInt8] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
            0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        var checked = 0
        for first in borders {
            for second in borders {
                for third in borders {
                    for bytes in [[first, second], [first, second, third], [first, second, third, 0x80]] {
                        let expected = String(validating: bytes, as: UTF8.self) != nil
                        if ByteBuffer(bytes: bytes).isValidUTF8 != expected { Issue.record("\(bytes)") }
                        checked += 1
                    }
                }
            }
        }
        #expect(checked == 3 * borders.count * borders.count * borders.count)
    }

    @Test("A bad byte is found at every place of a word")
    func badByteIsFoundAnywhere() {
        for length in 1...40 {
            for place in 0..<length {
                var bytes = Array(repeating: UInt8(ascii: "a"), count: length)
                #expect(ByteBuffer(bytes: bytes).isValidUTF8)
                bytes[place] = 0xFF
                #expect(!ByteBuffer(bytes: bytes).isValidUTF8)
            }
        }
    }
}
