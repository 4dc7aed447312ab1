import PluginAPI

/// An error that no other image knows.
private struct FixtureError: Error, CustomStringConvertible {
    var description: String { "no license file\nat all" }
}

/// The entry of a plugin that cannot make its factory.
@c(replyhq_plugin_throwingfixture)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { throw FixtureError() } }
