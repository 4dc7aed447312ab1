import Foundation
import Testing

@testable import HostCore

@Suite("The stamp of a plugin's file")
struct PluginStampTests {
    let folder: TemporaryFolder
    let plugin: [UInt8]

    init() throws {
        folder = try TemporaryFolder()
        plugin = try contents(of: builtPlugin("Presence"))
    }

    private func refusal(_ path: String) -> PluginLoadError? {
        do {
            _ = try PluginStamp(readingFileAt: path)
            return nil
        } catch {
            return error
        }
    }

    @Test("a plugin that was built with the host carries the host's stamp")
    func equal() throws {
        let stamp = try PluginStamp(readingFileAt: builtPlugin("Presence"))
        #expect(stamp == .host)
        #expect(stamp.mismatch(with: .host) == nil)
        #expect(stamp.apiVersion == 1)
        #expect(!stamp.apiHash.isEmpty && !stamp.compiler.isEmpty)
        #expect(["debug", "release"].contains(stamp.buildMode))
    }

    @Test("a file that is no plugin is refused in one clear line")
    func refusals() throws {
        let text = try folder.write("plugins:\n  - name: Rest\n".utf8, to: "text.so")
        let empty = try folder.write([], to: "empty.so")
        let object = plugin.enumerated().map { $0.offset == 16 ? 1 : $0.element }
        let arm = plugin.enumerated().map { $0.offset == 18 ? ($0.element == 183 ? 62 : 183) : $0.element }
        let narrow = plugin.enumerated().map { $0.offset == 4 ? 1 : $0.element }
        let rows: [(String, PluginLoadError.Code, String)] = [
            ("\(folder.path)/absent.so", .notFound, "No such file or directory"),
            ("\(text)/inside.so", .notFound, "Not a directory"),
            (folder.path, .notRegularFile, "is a directory, not a plugin"),
            ("/dev/null", .notRegularFile, "is not a regular file, not a plugin"),
            (empty, .notSharedObject, "is empty, not a shared object"),
            (text, .notSharedObject, "is not an ELF shared object"),
            (try folder.write(object, to: "object.so"), .notSharedObject, "is an ELF file, but not a shared object"),
            (try folder.write(arm, to: "arm.so"), .otherArchitecture, "this host is"),
            (try folder.write(narrow, to: "narrow.so"), .otherArchitecture, "(32-bit, little endian)"),
            (builtPlugin("PluginAPI"), .notAPlugin, "is not a ReplyHQ plugin: it carries no plugin stamp"),
        ]
        for (path, code, words) in rows {
            let error = try #require(refusal(path), "\(path) was taken")
            #expect(error.code == code, "\(error)")
            #expect(error.description.hasPrefix("\(path): ") && error.description.contains(words), "\(error)")
            #expect(!error.description.contains("\n"))
        }
    }

    @Test("the C library is not a plugin")
    func otherLibrary() throws {
        let path = try #require(try mappedImages().first { $0.hasSuffix("/libc.so.6") })
        #expect(refusal(path)?.code == .notAPlugin)
    }

    @Test("a plugin cut short at any place is refused as cut short")
    func truncated() throws {
        let lengths = Array(stride(from: 997, to: plugin.count, by: 7_001)) + [5, 63, 64, plugin.count - 1]
        #expect(lengths.count > 20)
        for length in lengths {
            let path = try folder.write(plugin.prefix(length), to: "cut.so")
            let error = try #require(refusal(path), "taken at \(length) bytes")
            #expect(error.code == .truncated, "at \(length) bytes: \(error)")
            #expect(error.reason.hasPrefix("is cut short: the file ends "))
        }
        #expect(refusal(try folder.write(plugin, to: "cut.so")) == nil)
    }

    @Test("a stamp of another build is refused with both sides in the text")
    func foreign() throws {
        let stamped = try #require(StampedBytes(plugin))
        let host = PluginStamp.host
        let rows: [([UInt8]?, String)] = [
            (stamped.changing(\.api_hash, to: Array("ab12ab12ab12ab12".utf8) + [0]), "api 1, hash ab12ab12ab12…,"),
            (stamped.changing(\.api_version, to: [9]), "plugin: api 9, hash "),
            (stamped.changing(\.compiler, to: Array("Swift version 5.0\0".utf8)), "Swift version 5.0, "),
            (stamped.changing(\.build_mode, to: Array("tuned\0".utf8)), "tuned / host: "),
            (stamped.changing(\.struct_size, to: [0x10, 0]), "plugin: api 1, stamp of 16 bytes / host: "),
        ]
        for (bytes, words) in rows {
            let path = try folder.write(try #require(bytes), to: "libPresence.so")
            let error = #expect(throws: PluginLoadError.self) { try PluginLoader().check(path) }
            let text = error?.description ?? ""
            #expect(error?.code == .foreignBuild)
            #expect(text.hasPrefix("\(path): built against another PluginAPI; rebuild it. plugin: api "), "\(text)")
            #expect(text.contains(words), "\(text)")
            #expect(text.hasSuffix(host.buildMode) && !text.contains("\n"))
        }
    }

    @Test("compilers that differ only in their revision are shown in full")
    func longCompilers() throws {
        let stamped = try #require(StampedBytes(plugin))
        let compiler = Array(PluginStamp.host.compiler.utf8)
        let path = try folder.write(
            try #require(stamped.changing(\.compiler, to: compiler.dropLast() + [UInt8(ascii: "!")])),
            to: "revision.so"
        )
        let text = try #require(try PluginStamp(readingFileAt: path).mismatch(with: .host))
        #expect(text.contains(PluginStamp.host.compiler))
    }

    @Test("a stamp that is no stamp is called malformed, and what it says cannot forge a line")
    func malformed() throws {
        let stamped = try #require(StampedBytes(plugin))
        let path = try folder.write(try #require(stamped.changing(\.magic, to: [0])), to: "magic.so")
        #expect(refusal(path)?.description == "\(path): is not a ReplyHQ plugin: its plugin stamp is malformed")
        let forged = try #require(stamped.changing(\.build_mode, to: Array("a\nb\u{1B}[1m\0".utf8)))
        let other = try folder.write(forged, to: "forged.so")
        let error = #expect(throws: PluginLoadError.self) { try PluginLoader().check(other) }
        #expect(error?.description.contains("a b [1m / host") == true)
    }

    @Test("no damaged header makes the reader trap")
    func damaged() throws {
        var random = SeededGenerator(seed: 7)
        let sectionTable = plugin.count - 64 * 40
        var refused = 0
        var taken = 0
        for round in 0..<1_500 {
            var bytes = plugin
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place =
                    switch round % 3 {
                    case 0: Int.random(in: 4..<64, using: &random)
                    case 1: Int.random(in: 64..<1024, using: &random)
                    default: Int.random(in: max(0, sectionTable)..<bytes.count, using: &random)
                    }
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            if refusal(try folder.write(bytes, to: "damaged.so")) == nil { taken += 1 } else { refused += 1 }
        }
        #expect(refused > 150 && taken > 150, "\(refused) refused, \(taken) taken")
    }
}
