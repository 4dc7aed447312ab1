import Glibc
import PluginAPI

/// Takes plugins into the process.
///
/// The steps, each of which may refuse with one line:
///
/// 1. find the file;
/// 2. read its stamp and compare it with the host's, while it is nothing but a file;
/// 3. see who could replace it (``ImageTrust``), where that is asked for;
/// 4. let the dynamic linker load it;
/// 5. look up its entry and take the factory;
/// 6. compare the factory's name with the configured one.
///
/// A refusal leaves the host as it was, except that from step 4 on the code stays mapped.
public struct PluginLoader: Sendable {
    /// Where names are looked up.
    public let locator: PluginLocator
    private let host: PluginStamp
    private let refusesUntrusted: Bool

    /// Loads from the locator's directories what was built like `host`.
    ///
    /// - Parameter refusesUntrusted: also what others may write.
    public init(
        locator: PluginLocator = PluginLocator(), host: PluginStamp = .host, refusesUntrusted: Bool = false
    ) {
        self.locator = locator
        self.host = host
        self.refusesUntrusted = refusesUntrusted
    }

    /// Loads one plugin; loading it again returns a new factory of the same code.
    ///
    /// - Throws: why it was refused.
    public func load(_ reference: PluginReference) throws(PluginLoadError) -> PluginImage {
        let path = try locator.path(of: reference)
        let stamp = try check(path)
        if refusesUntrusted, let problem = ImageTrust.problem(with: path) {
            throw PluginLoadError(.untrusted, path: path, "is not loaded in production: \(problem)")
        }
        let entry = try Self.entry(reference.entrySymbol, of: try Self.open(path), at: path)
        let factory = try Self.factory(from: entry, at: path)
        let descriptor = factory.descriptor
        guard descriptor.name.lowercased() == reference.name.lowercased() else {
            let reason = "calls itself \"\(descriptor.name)\", but is listed as \"\(reference.name)\""
            throw PluginLoadError(.wrongName, path: path, reason)
        }
        return PluginImage(reference: reference, path: path, stamp: stamp, descriptor: descriptor, factory: factory)
    }

    /// Compares the stamp of the file at `path` with the host's and loads nothing.
    ///
    /// - Throws: every code up to `.foreignBuild`.
    @discardableResult
    public func check(_ path: String) throws(PluginLoadError) -> PluginStamp {
        let stamp = try PluginStamp(readingFileAt: path)
        if let mismatch = stamp.mismatch(with: host) { throw PluginLoadError(.foreignBuild, path: path, mismatch) }
        return stamp
    }
}

extension PluginLoader {
    private typealias Entry = @convention(c) () -> UnsafeMutableRawPointer

    private static func open(_ path: String) throws(PluginLoadError) -> UnsafeMutableRawPointer {
        // NOW: a missing symbol is an error here instead of a crash in the first call. LOCAL: plugins do not see each
        // other's symbols. NODELETE: nobody can unload Swift metadata by accident.
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
            throw PluginLoadError(.linkFailed, path: path, "cannot be loaded: \(linkerMessage(without: path))")
        }
        return handle
    }

    private static func entry(
        _ symbol: String,
        of handle: UnsafeMutableRawPointer,
        at path: String
    ) throws(PluginLoadError) -> Entry {
        guard let address = dlsym(handle, symbol) else {
            throw PluginLoadError(.noEntry, path: path, "exports no function \(symbol); was the file renamed?")
        }
        return unsafeBitCast(address, to: Entry.self)
    }

    private static func factory(from entry: Entry, at path: String) throws(PluginLoadError) -> any PluginFactory {
        // The stamps were equal, so both sides mean the same class by PluginHandle.
        switch Unmanaged<PluginHandle>.fromOpaque(entry()).takeRetainedValue().result {
        case .success(let factory): return factory
        case .failure(let error):
            throw PluginLoadError(.factoryFailed, path: path, "its factory failed: \(type(of: error)): \(error)")
        }
    }

    private static func linkerMessage(without path: String) -> String {
        guard let text = dlerror() else { return "the dynamic linker gives no reason" }
        let message = String(cString: text)
        return message.hasPrefix("\(path): ") ? String(message.dropFirst(path.count + 2)) : message
    }
}
