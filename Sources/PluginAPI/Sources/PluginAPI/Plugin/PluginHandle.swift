/// What a plugin's exported C entry hands to the host: a factory, or the error of making one.
///
/// The entry is named after the plugin, so that several may lie in one image:
/// ```swift
/// @c(replyhq_plugin_presence)
/// public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { PresenceFactory() } }
/// ```
public final class PluginHandle: Sendable {
    /// The factory, or why there is none.
    public let result: Result<any PluginFactory, any Error>

    init(_ result: Result<any PluginFactory, any Error>) { self.result = result }

    /// Wraps the factory, retained once; the host releases it.
    public static func export(_ make: () throws -> any PluginFactory) -> UnsafeMutableRawPointer {
        Unmanaged.passRetained(PluginHandle(Result { try make() })).toOpaque()
    }
}
