import Foundation
import Testing

@testable import HostCore

/// The dynamic symbols and needed libraries of an image.
private struct DynamicTable {
    var defined: [String] = []
    var needed: [String] = []

    init(of path: String) throws {
        let file = try RegularFile(path: path)
        let sections = Dictionary(
            try ELFImage(reading: file).sections.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let bytes = try contents(of: path)
        func part(_ name: String) throws -> ArraySlice<UInt8> {
            let section = try #require(sections[name], "\(path) has no \(name)")
            return bytes[Int(section.offset)..<Int(section.offset + section.size)]
        }
        let names = ELFBytes(try part(".dynstr"))
        for entry in Self.entries(of: try part(".dynsym"), width: 24) where entry.integer(6, UInt16.self) != 0 {
            if let name = names.text(Int(entry.integer(0, UInt32.self))) { defined.append(name) }
        }
        for entry in Self.entries(of: try part(".dynamic"), width: 16) where entry.integer(0, UInt64.self) == 1 {
            if let name = names.text(Int(entry.integer(8, UInt64.self))) { needed.append(name) }
        }
    }

    private static func entries(of table: ArraySlice<UInt8>, width: Int) -> [ELFBytes] {
        stride(from: table.startIndex, through: table.endIndex - width, by: width).map {
            ELFBytes(table[$0..<($0 + width)])
        }
    }

    /// Nominal type descriptors of the modules that must exist once in the process.
    var sharedTypes: [String] {
        let modules = ["$s7NIOCore", "$s8NIOPosix", "$s7Logging", "$s11Hummingbird", "$s9PluginAPI"]
        return defined.filter { name in name.hasSuffix("Mn") && modules.contains { name.hasPrefix($0) } }
    }
}

@Suite("One image of everything shared")
struct OneImageTests {
    /// The plugins that the root manifest builds.
    private func manifestPlugins() throws -> [String] {
        let manifest = try String(contentsOf: repository.appendingPathComponent("Package.swift"), encoding: .utf8)
        return manifest.matches(of: /Plugin\(name: "(\w+)"/).map { String($0.output.1) }
    }

    @Test("libPluginAPI.so defines the shared types, so that the search below can find them")
    func control() throws {
        let types = try DynamicTable(of: builtPlugin("PluginAPI")).sharedTypes
        for module in ["$s7NIOCore", "$s8NIOPosix", "$s7Logging", "$s11Hummingbird", "$s9PluginAPI"] {
            #expect(types.contains { $0.hasPrefix(module) }, "\(module)")
        }
        #expect(types.count > 300)
    }

    @Test("the executable needs no library that takes long to relocate, since signals are blocked after that")
    func executable() throws {
        let table = try DynamicTable(of: "\(buildFolder)/replyhq")
        #expect(table.needed.contains { $0.hasPrefix("libc.so") })
        let allowed = ["libc.", "libm.", "libstdc++.", "libdl.", "libpthread.", "libgcc_s.", "ld-linux"]
        #expect(table.needed.allSatisfy { name in allowed.contains { name.hasPrefix($0) } }, "\(table.needed)")
    }

    @Test("no plugin defines a shared type, and each links libPluginAPI.so")
    func plugins() throws {
        let plugins = try manifestPlugins()
        #expect(plugins.count >= 5 && plugins.contains("Presence"))
        for plugin in plugins + ["ReplyHQHost"] {
            let table = try DynamicTable(of: builtPlugin(plugin))
            #expect(table.sharedTypes.isEmpty, "\(plugin) carries its own copy: \(table.sharedTypes.prefix(3))")
            #expect(table.needed.contains("libPluginAPI.so"), "\(plugin) needs \(table.needed)")
            #expect(!table.needed.contains { other in plugins.contains { other == "lib\($0).so" } }, "\(plugin)")
        }
    }
}
