import Foundation
import Testing

@Suite("What plugins may import")
struct PluginImportTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
    }

    private func products(of manifest: String) throws -> Set<String> {
        Set(try text(manifest).matches(of: /\.product\(name: "(\w+)"/).map { String($0.output.1) })
    }

    /// The names of files below a folder, relative to it.
    private func files(below folder: String, suffix: String) throws -> [String] {
        let root = repository.appendingPathComponent(folder).path
        let found = try #require(FileManager.default.enumerator(atPath: root))
        return found.compactMap { $0 as? String }.filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
    }

    /// The modules that a source text imports, whatever stands before and behind the word.
    private func imports(of source: String) -> [String] {
        let kinds = "struct|class|enum|actor|protocol|func|var|let|typealias"
        let pattern = #"^\s*(?:@\w+(?:\(\w+\))?\s+)*(?:\w+\s+)?import\s+(?:(?:\#(kinds))\s+)?(\w+)"#
        guard let line = try? Regex(pattern, as: (Substring, Substring).self) else { return [] }
        return source.split(separator: "\n").compactMap { $0.firstMatch(of: line).map { String($0.output.1) } }
    }

    @Test("plugins import PluginAPI, what lies in its image, the system and their own needs")
    func plugins() throws {
        let system: Set = ["Glibc", "Synchronization", "Foundation", "FoundationEssentials", "Dispatch"]
        // In the image as parts of the products that the manifest names.
        let parts: Set = ["NIOHPACK", "NIOTLS", "HummingbirdCore", "CoreMetrics", "Instrumentation", "COpenSSL"]
        // The C module beneath GRDB, which belongs to the SQLite plugin's own needs.
        let needs: Set = ["GRDBSQLite"]
        let hostOnly: Set = ["Yams", "ArgumentParser", "CPluginHost"]
        var allowed = system.union(parts).union(needs).union(["PluginAPI"])
        allowed.formUnion(try products(of: "Sources/PluginAPI/Package.swift"))
        allowed.formUnion(try products(of: "Package.swift").subtracting(hostOnly))
        for folder in ["Plugins", "Examples"] {
            for map in try files(below: folder, suffix: "module.modulemap") {
                allowed.formUnion(try text(map).matches(of: /module (\w+)/).map { String($0.output.1) })
            }
        }

        let sources = try files(below: "Plugins", suffix: ".swift") + files(below: "Examples", suffix: ".swift")
        #expect(sources.count >= 6)
        var seen: Set<String> = []
        for source in sources {
            let modules = imports(of: try text(source))
            seen.formUnion(modules)
            let foreign = modules.filter { !allowed.contains($0) }
            #expect(foreign.isEmpty, "\(source) imports \(foreign)")
        }
        #expect(seen.contains("PluginAPI"))
        #expect(allowed.isDisjoint(with: ["HostCore", "Host", "RestPlugin", "SocketIOPlugin", "NIOFoundationCompat"]))
    }

    @Test("the search for imports sees every spelling")
    func spellings() {
        let source = """
            import A
            @testable import B
            public import C
            @_spi(Host) internal import D
            import struct E.F
            // import G
            """
        #expect(imports(of: source) == ["A", "B", "C", "D", "E"])
    }

    @Test("PluginAPI imports nothing of the host and of plugins")
    func pluginAPI() throws {
        let sources = try files(below: "Sources/PluginAPI/Sources", suffix: ".swift")
        #expect(!sources.isEmpty)
        for source in sources {
            for module in imports(of: try text(source)) {
                #expect(!module.hasSuffix("Plugin") && module != "HostCore" && module != "Host", "\(source): \(module)")
            }
        }
    }

    @Test("the root manifest names no package that lies in the shared image")
    func manifest() throws {
        let nested = try text("Sources/PluginAPI/Package.swift")
        let shared = nested.matches(of: /url: "[^"]*\/([\w.-]+)"/).map { $0.output.1 }
        #expect(shared.count >= 8 && shared.contains("swift-nio") && shared.contains("hummingbird"))
        let root = try text("Package.swift")
        let named = root.matches(of: /(?:url: "[^"]*\/|package: ")([\w.-]+)"/).map { $0.output.1 }
        #expect(named.contains("PluginAPI"))
        for package in named { #expect(!shared.contains(package), "Package.swift names \(package)") }
    }
}
