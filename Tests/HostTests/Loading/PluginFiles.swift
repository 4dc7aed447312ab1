import CPluginHost
import Foundation
import HostCore
import Testing

/// The folder that holds this test runner, libPluginAPI.so and every plugin's image.
let buildFolder = PluginLocator.standardDirectories.first ?? "."

/// The root of the repository.
let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The image of a plugin in the build folder.
func builtPlugin(_ name: String) -> String { "\(buildFolder)/lib\(name).so" }

/// The bytes of a file.
func contents(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

/// The paths of the images that this process has mapped.
func mappedImages() throws -> Set<String> {
    // Read to its end, since a file of the kernel has no size.
    let maps = try #require(FileHandle(forReadingAtPath: "/proc/self/maps"))
    let text = String(decoding: try maps.readToEnd() ?? Data(), as: UTF8.self)
    return Set(text.split(separator: "\n").compactMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } })
}

/// A folder that lives as long as the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("replyhq-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file into the folder and returns its path.
    func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// A built plugin's bytes with the place of its stamp, for changing single fields.
struct StampedBytes {
    var bytes: [UInt8]
    let stamp: Int

    init?(_ bytes: [UInt8]) {
        let magic: [UInt8] = Array("10QHYLPR".utf8)
        let start = bytes.indices.dropLast(8).first { bytes[$0] == magic[0] && bytes[$0...].starts(with: magic) }
        guard let start else { return nil }
        self.bytes = bytes
        stamp = start
    }

    /// Overwrites the beginning of one field.
    func changing(_ field: PartialKeyPath<replyhq_plugin_stamp>, to new: some Collection<UInt8>) -> [UInt8]? {
        guard let offset = MemoryLayout<replyhq_plugin_stamp>.offset(of: field) else { return nil }
        var changed = bytes
        changed.replaceSubrange((stamp + offset)..<(stamp + offset + new.count), with: new)
        return changed
    }
}

/// Numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
