import PluginAPI
import Synchronization

/// The plugins whose code this process has mapped. It stays mapped: a plugin that is enabled again is made from the same
/// image, and another file of the same plugin would bring its types into the process a second time.
final class ImageShelf: Sendable {
    private let images = Mutex<[String: PluginImage]>([:])

    /// The plugin's image: as it is mapped, or else loaded.
    ///
    /// - Throws: what the loader throws; `.mappedElsewhere` when the configuration means another file now.
    func image(of reference: PluginReference, _ loader: PluginLoader) throws(PluginLoadError) -> PluginImage {
        let key = reference.name.lowercased()
        if let known = images.withLock({ $0[key] }) {
            // A file that is gone since does no harm to what is mapped.
            if let path = try? loader.locator.path(of: reference), !Self.isSame(path, known.path) {
                throw PluginLoadError(
                    .mappedElsewhere, path: path,
                    "the process has mapped \(known.path) for this plugin; another file needs a restart")
            }
            return known
        }
        let image = try loader.load(reference)
        images.withLock { $0[key] = image }
        return image
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        left == right || ControlPlace.absolute(left) == ControlPlace.absolute(right)
    }
}
