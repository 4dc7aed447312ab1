import PluginAPI

/// A plugin whose code is in the process, ready to be made.
///
/// There is no way to unload it: the Swift runtime keeps pointers into every image it has seen.
public struct PluginImage: Sendable {
    /// What the configuration meant.
    public let reference: PluginReference
    /// The file it came from.
    public let path: String
    /// With what it was built.
    public let stamp: PluginStamp
    /// What the plugin says of itself.
    public let descriptor: PluginDescriptor
    /// Makes the plugin.
    public let factory: any PluginFactory
}
