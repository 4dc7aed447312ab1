import PluginAPI
import Testing

@testable import HostCore

@Suite("Checksums of tables")
struct TableChecksumTests {
    private func checksum(_ rows: [ArchiveRow]) -> String {
        var checksum = TableChecksum()
        for row in rows { _ = checksum.add(row) }
        return checksum.finish()
    }

    @Test("depends on every row and on their order, also over many blocks")
    func depends() {
        let text = String(repeating: "x", count: 1_000)
        let rows = (0..<500).map { ArchiveRow.made(.apps, $0, text) }
        #expect(checksum(rows) == checksum(rows))
        #expect(checksum(rows) != checksum(rows.reversed()))
        #expect(checksum(rows) != checksum(rows.dropLast()))
        for place in [0, 250, 499] {
            var other = rows
            other[place] = .made(.apps, place, text + "y")
            #expect(checksum(other) != checksum(rows))
        }
        #expect(checksum([]) == Hex.encode(Digest.sha256([])))
    }

    @Test("a small table's is the SHA-256 of its rows, one to a line")
    func plain() {
        let row = ArchiveRow(.apps, [.text("a"), .integer(1), .null, .object(["b": 1.0, "a": [true]])])
        let line = #"["a",1,null,{"a":[true],"b":1}]"#
        #expect(checksum([row, row]) == Hex.encode(Digest.sha256("\(line)\n\(line)\n".utf8)))
    }
}
