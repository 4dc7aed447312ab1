/// Why one plugin's image was not taken.
///
/// Its description is one line that names the file, so that it can be printed as it is.
public struct PluginLoadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of failure, in the order in which loading can meet them.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The configuration's name or path cannot belong to a plugin.
        case badReference
        /// No such file.
        case notFound
        /// The file is there and cannot be read.
        case unreadable
        /// A directory, a pipe, a device.
        case notRegularFile
        /// Not an ELF shared object at all.
        case notSharedObject
        /// The file ends before its own tables say so.
        case truncated
        /// Made for another processor.
        case otherArchitecture
        /// A shared object without the plugin stamp.
        case notAPlugin
        /// Built with another PluginAPI, compiler or build mode.
        case foreignBuild
        /// Somebody could replace it who could not replace the executable.
        case untrusted
        /// The dynamic linker refused it.
        case linkFailed
        /// The entry function is missing.
        case noEntry
        /// The plugin's own factory threw.
        case factoryFailed
        /// The plugin calls itself something else than the configuration does.
        case wrongName
        /// The process has mapped another file of the same plugin already.
        case mappedElsewhere
    }

    /// What kind of failure it is.
    public let code: Code
    /// The image's path; the name as configured where no file belongs to it.
    public let path: String
    /// The rest of the sentence, without a line break.
    public let reason: String

    /// Makes an error; line breaks and control characters in `reason` become spaces.
    public init(_ code: Code, path: String, _ reason: String) {
        self.code = code
        self.path = path.onOneLine
        self.reason = reason.onOneLine
    }

    /// `path: reason`
    public var description: String { "\(path): \(reason)" }
}

extension String {
    /// The text with each control character replaced by a space: what a file says must not forge lines in a log.
    var onOneLine: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
