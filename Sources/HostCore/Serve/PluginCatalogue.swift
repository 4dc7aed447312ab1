import PluginAPI

/// The plugins that the configuration lists, and those that lie in the plugin directories beside them. Nothing is made.
public struct PluginCatalogue: Sendable {
    struct Entry: Sendable {
        var name: String
        /// Nil: not listed.
        var configuration: PluginConfiguration?
        var image: Result<PluginImage, PluginLoadError>

        var status: String {
            switch (configuration, image) {
            case (nil, .success): "not listed"
            case (let listed?, .success): listed.isEnabled ? "enabled" : "disabled"
            case (_, .failure(let error)): error.reason
            }
        }
    }

    let entries: [Entry]
    /// What the running server says of them; nil: none was asked.
    public var live: LivePlugins?

    public init(_ configuration: EffectiveConfiguration) {
        let loader = configuration.host.loader
        let listed = configuration.host.plugins.map { plugin in
            Entry(name: plugin.name, configuration: plugin, image: Self.load(plugin, loader))
        }
        let names = Set(listed.map { $0.name.lowercased() })
        let others = loader.locator.available().filter { !names.contains($0.name.lowercased()) }
        entries =
            listed
            + others.compactMap { reference in
                // Other libraries lie in these directories too.
                guard case .success(let image) = Self.load(reference, loader) else { return nil }
                return Entry(name: reference.name, configuration: nil, image: .success(image))
            }
    }

    /// The schemas of the plugins that could be loaded, by name.
    public var schemas: [String: SettingsSchema] {
        Dictionary(
            entries.compactMap { entry in
                guard case .success(let image) = entry.image else { return nil }
                return (entry.name, image.descriptor.settings)
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The enabled plugins that are needed to have a capability: its provider, and whatever that requires.
    func names(providing capability: CapabilityName) -> Set<String> {
        var names: Set<String> = []
        var wanted = [capability]
        while let next = wanted.popLast() {
            for entry in entries where entry.configuration?.isEnabled == true {
                guard case .success(let image) = entry.image, image.descriptor.provides.contains(next) else { continue }
                if names.insert(entry.name).inserted { wanted += image.descriptor.requires }
            }
        }
        return names
    }

    private typealias Loaded = Result<PluginImage, PluginLoadError>

    private static func load(_ plugin: PluginConfiguration, _ loader: PluginLoader) -> Loaded {
        Result { () throws(PluginLoadError) in
            try loader.load(plugin.reference)
        }
    }

    private static func load(_ reference: PluginReference, _ loader: PluginLoader) -> Loaded {
        Result { () throws(PluginLoadError) in try loader.load(reference) }
    }
}
