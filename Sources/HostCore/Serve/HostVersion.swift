import FoundationEssentials
import PluginAPI

/// What `replyhq --version` says.
public enum HostVersion {
    public static let number = "0.1.0"

    /// The version, and what a plugin must have been built with.
    public static var text: String {
        let stamp = PluginStamp.host
        return "replyhq \(number) (plugin API \(stamp.apiVersion), \(stamp.apiHash.prefix(12)), \(stamp.compiler), "
            + "\(stamp.buildMode))"
    }
}

/// The environment of this process.
public enum ProcessEnvironment {
    public static var variables: [String: String] { ProcessInfo.processInfo.environment }
}
