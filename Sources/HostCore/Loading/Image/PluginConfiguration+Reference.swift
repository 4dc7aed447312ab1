extension PluginConfiguration {
    /// Where to look for the plugin's image.
    var reference: PluginReference {
        get throws(PluginLoadError) {
            if let path { return try PluginReference(path: path) }
            return try PluginReference(name: name)
        }
    }
}
