import Foundation
import Testing

@Suite("scripts/stamp")
struct StampScriptTests {
    private let folder: TemporaryFolder
    private var header: String { "\(folder.path)/Sources/PluginAPI/Sources/CPluginABI/include/replyhq_api_hash.h" }

    /// A small tree of the same shape, so that the repository's own header stays as it is.
    init() throws {
        folder = try TemporaryFolder()
        for path in [
            "scripts", "Plugins/Stamp", "Sources/PluginAPI/.build", "Sources/PluginAPI/Sources/PluginAPI",
            "Sources/PluginAPI/Sources/CPluginABI/include", "Sources/PluginAPI/Sources/CPluginHost",
        ] {
            try FileManager.default.createDirectory(atPath: "\(folder.path)/\(path)", withIntermediateDirectories: true)
        }
        try FileManager.default.copyItem(
            atPath: repository.appendingPathComponent("scripts/stamp").path, toPath: "\(folder.path)/scripts/stamp")
        _ = try folder.write("protocol A {}".utf8, to: "Sources/PluginAPI/Sources/PluginAPI/A.swift")
    }

    private func run(_ arguments: String...) throws -> (status: Int32, output: String) {
        try Tool.run("bash", ["\(folder.path)/scripts/stamp"] + arguments)
    }

    @Test("the header is written once and again only after a change")
    func writes() throws {
        #expect(try run("--check").status == 1)
        #expect(!FileManager.default.fileExists(atPath: header))
        #expect(try run().status == 0)
        let first = try String(contentsOfFile: header, encoding: .utf8)
        #expect(first.contains(/#define REPLYHQ_API_HASH "[0-9a-f]{64}"\n/))
        #expect(first.contains(/#define REPLYHQ_SWIFT_VERSION "Swift version \d/))
        #expect(try run("--check").status == 0)
        #expect(try run().output.hasSuffix("is current\n"))

        _ = try folder.write("protocol A2 {}".utf8, to: "Sources/PluginAPI/Sources/PluginAPI/A.swift")
        #expect(try run("--check").status == 1)
        #expect(try String(contentsOfFile: header, encoding: .utf8) == first)
        #expect(try run().output.hasPrefix("stamped "))
        #expect(try String(contentsOfFile: header, encoding: .utf8) != first)
        #expect(try run("--check").status == 0)
    }

    @Test("build output does not count, resolved versions and file names do")
    func inputs() throws {
        let hash = try run("--print").output
        #expect(hash.count == 65)
        _ = try folder.write("x".utf8, to: "Sources/PluginAPI/.build/x.swift")
        _ = try folder.write("{}".utf8, to: "Sources/PluginAPI/Package.resolved")
        #expect(try run("--print").output == hash)
        _ = try folder.write("\"version\" : \"1.0.0\"\n".utf8, to: "Package.resolved")
        let resolved = try run("--print").output
        #expect(resolved != hash)
        let sources = "\(folder.path)/Sources/PluginAPI/Sources/PluginAPI"
        try FileManager.default.moveItem(atPath: "\(sources)/A.swift", toPath: "\(sources)/B.swift")
        #expect(try run("--print").output != resolved)
        #expect(try run("--nonsense").status == 64)
    }
}
