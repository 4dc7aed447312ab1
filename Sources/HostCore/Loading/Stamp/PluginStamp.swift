import CPluginHost

/// With what a plugin or the host was built.
///
/// Swift on Linux has no stable ABI: a plugin that was built otherwise would call the wrong methods without any error.
/// So the stamps must be equal, and they are compared while the plugin is still nothing but a file.
public struct PluginStamp: Hashable, Sendable {
    /// Bytes of the stamp's own layout.
    public let structSize: UInt32
    /// The version of PluginAPI that its authors count by hand.
    public let apiVersion: UInt32
    /// SHA-256 over the sources of PluginAPI and the versions beneath it, or `unstamped`.
    public let apiHash: String
    /// The compiler's own version text.
    public let compiler: String
    /// `debug` or `release`.
    public let buildMode: String

    /// The stamp inside this process's libPluginAPI.so.
    public static var host: PluginStamp { PluginStamp(replyhq_host_stamp().pointee) }

    init(_ stamp: replyhq_plugin_stamp) {
        structSize = stamp.struct_size
        apiVersion = stamp.api_version
        apiHash = withUnsafeBytes(of: stamp.api_hash, Self.text)
        compiler = withUnsafeBytes(of: stamp.compiler, Self.text)
        buildMode = withUnsafeBytes(of: stamp.build_mode, Self.text)
    }

    /// A stamp of another layout, of which only the part that never moves is known.
    init(structSize: UInt32, apiVersion: UInt32) {
        self.structSize = structSize
        self.apiVersion = apiVersion
        apiHash = ""
        compiler = ""
        buildMode = ""
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension PluginStamp {
    /// Says how this stamp, a plugin's, differs from the host's; nil when the plugin may be loaded.
    public func mismatch(with host: PluginStamp) -> String? {
        guard self != host else { return nil }
        // Clang's long revision is worth reading only where nothing shorter tells the compilers apart.
        let isShort = compiler == host.compiler || Self.shortened(compiler) != Self.shortened(host.compiler)
        return """
            built against another PluginAPI; rebuild it. \
            plugin: \(summary(isShort: isShort)) / host: \(host.summary(isShort: isShort))
            """
    }

    private func summary(isShort: Bool) -> String {
        guard !apiHash.isEmpty else { return "api \(apiVersion), stamp of \(structSize) bytes" }
        let hash = apiHash.count > 12 ? "\(apiHash.prefix(12))…" : apiHash
        return "api \(apiVersion), hash \(hash), \(isShort ? Self.shortened(compiler) : compiler), \(buildMode)"
    }

    private static func shortened(_ compiler: String) -> String {
        let first = compiler.prefix { $0 != "," && $0 != "(" }
        return String(first.last == " " ? first.dropLast() : first)
    }
}
