import PluginAPI

private struct MisnamedFactory: PluginFactory {
    let descriptor = PluginDescriptor(name: "SomethingElse", version: "1.0.0", summary: "Has another name inside.")

    func make(_ context: PluginContext) throws -> any Plugin { throw CancellationError() }
}

/// The entry of a plugin whose descriptor does not fit its file's name.
@c(replyhq_plugin_misnamedfixture)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { MisnamedFactory() } }
