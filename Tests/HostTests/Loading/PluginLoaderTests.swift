import Foundation
import HostCore
import PluginAPI
import Testing

@Suite("Loading plugins")
struct PluginLoaderTests {
    let loader = PluginLoader(locator: PluginLocator(directories: [buildFolder]))

    private func refusal(_ reference: PluginReference) -> PluginLoadError? {
        do {
            _ = try loader.load(reference)
            return nil
        } catch {
            return error
        }
    }

    @Test("a plugin's factory and its values are of the host's own types")
    func real() throws {
        let image = try loader.load(PluginReference(name: "Presence"))
        #expect(image.descriptor.name == "Presence")
        #expect(image.descriptor.provides.contains(Capability<any Presence>.presence.name))
        #expect(image.stamp == .host && image.path == builtPlugin("Presence"))
        // Through Any the runtime must find the conformance again, which fails when a type exists twice.
        let erased: Any = image.factory
        #expect(erased is any PluginFactory)
        #expect((image.descriptor as Any) is PluginDescriptor)
    }

    @Test("the process holds one libPluginAPI.so after plugins were loaded")
    func oneSharedImage() throws {
        _ = try loader.load(PluginReference(name: "Presence"))
        let images = try mappedImages().filter { $0.hasSuffix("/libPluginAPI.so") }
        #expect(images.count == 1, "\(images)")
    }

    @Test("a path loads the same plugin as its name")
    func byPath() throws {
        let image = try loader.load(PluginReference(path: builtPlugin("Presence")))
        #expect(image.reference.name == "Presence" && image.descriptor.name == "Presence")
    }

    @Test("a name in another case finds the file, and one that is near is a hint")
    func nearest() throws {
        let error = try #require(refusal(PluginReference(name: "Presense")))
        #expect(error.code == .notFound)
        #expect(error.description == "Presense: no libPresense.so in \(buildFolder); did you mean \"Presence\"?")
        #expect(try loader.load(PluginReference(name: "PRESENCE")).path.hasSuffix("/libPresence.so"))
        #expect(try #require(refusal(PluginReference(name: "Zebra42"))).reason == "no libZebra42.so in \(buildFolder)")
        let nowhere = PluginLocator(directories: [])
        let reason = "no libRest.so in any directory: none is configured"
        let unconfigured = PluginLoadError(.notFound, path: "Rest", reason)
        #expect(throws: unconfigured) {
            try nowhere.path(of: PluginReference(name: "Rest"))
        }
    }

    @Test("the plugins of a folder are those with a stamp; fixtures of the tests are not among them")
    func available() throws {
        let names = PluginLocator(directories: [buildFolder, "/nowhere"]).available().map(\.name)
        #expect(names == names.sorted() && names.contains("Presence"))
        #expect(!names.contains("PluginAPI") && !names.contains("ThrowingFixture"))
    }

    @Test("what cannot be a plugin's name is refused before any file is touched")
    func references() throws {
        let tooLong = String(repeating: "a", count: 65)
        for name in ["", "../Rest", "a/b", "Rest.so", "9Lives", "Rest\0", "Müller", tooLong] {
            let error = #expect(throws: PluginLoadError.self) { try PluginReference(name: name) }
            #expect(error?.code == .badReference, "\(name)")
        }
        for path in ["/opt/Rest.so", "/opt/lib.so", "libRest.so.1", "", "/opt/", "/x\0/libRest.so"] {
            let error = #expect(throws: PluginLoadError.self) { try PluginReference(path: path) }
            #expect(error?.code == .badReference, "\(path)")
        }
        let here = try PluginReference(path: "libRest.so")
        #expect(here.path == "./libRest.so" && here.name == "Rest" && here.entrySymbol == "replyhq_plugin_rest")
    }

    @Test("an error of a plugin's own type reaches the host as text on one line")
    func throwing() throws {
        let error = try #require(refusal(PluginReference(name: "ThrowingFixture")))
        #expect(error.code == .factoryFailed)
        #expect(error.reason == "its factory failed: FixtureError: no license file at all")
    }

    @Test("a plugin that calls itself otherwise is refused")
    func misnamed() throws {
        let error = try #require(refusal(PluginReference(name: "MisnamedFixture")))
        #expect(error.code == .wrongName)
        #expect(error.reason == "calls itself \"SomethingElse\", but is listed as \"MisnamedFixture\"")
    }

    @Test("a renamed file has no entry of its new name")
    func renamed() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(try contents(of: builtPlugin("Presence")), to: "libRenamed.so")
        let error = try #require(refusal(PluginReference(path: path)))
        #expect(error.code == .noEntry)
        #expect(error.description == "\(path): exports no function replyhq_plugin_renamed; was the file renamed?")
    }

    @Test("a needed library that is absent is named, and the next plugin loads")
    func absentLibrary() throws {
        let folder = try TemporaryFolder()
        var bytes = try contents(of: builtPlugin("Presence"))
        let name = Array("libswift_StringProcessing.so\0".utf8)
        let start = try #require(bytes.indices.dropLast(name.count).first { bytes[$0...].starts(with: name) })
        bytes[start + 3] = UInt8(ascii: "X")
        let path = try folder.write(bytes, to: "libPresence.so")
        let error = try #require(refusal(PluginReference(path: path)))
        #expect(error.code == .linkFailed)
        #expect(error.reason.hasPrefix("cannot be loaded: libXwift_StringProcessing.so: cannot open"), "\(error)")
        #expect(refusal(try PluginReference(name: "Presence")) == nil)
    }
}
