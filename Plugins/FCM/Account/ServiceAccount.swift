import FoundationEssentials
import PluginAPI

/// A service account of a Firebase project (`presence-and-push.md` 8).
struct ServiceAccount: Sendable {
    /// Why an account cannot be used, in one sentence and without anything secret.
    struct Problem: Error, Sendable, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    var projectID: String
    var clientEmail: String
    /// Names the key; nil: the provider finds it.
    var keyID: String?
    var signer: RSASigner
    /// Where access tokens come from.
    var tokenURI: String

    private static let usualTokenURI = "https://oauth2.googleapis.com/token"
    private static let fileLimit = 64 * 1_024

    /// Reads JSON text, or the file of that path.
    init(_ source: Secret) throws(Problem) {
        let text = source.reveal()
        let isText = text.first { !$0.isWhitespace } == "{"
        try self.init(json: isText ? Array(text.utf8) : Self.contents(of: text))
    }

    init(json: [UInt8]) throws(Problem) {
        guard let object = (try? JSONValue(parsing: json))?.objectValue else {
            throw Problem("the service account is not the JSON object that Firebase gives out")
        }
        func text(_ name: String) throws(Problem) -> String {
            guard let value = object[name]?.stringValue, !value.isEmpty else {
                throw Problem("the service account has no \(name)")
            }
            return value
        }
        if let kind = object["type"]?.stringValue, kind != "service_account" {
            throw Problem("the JSON describes a \"\(kind.prefix(40))\", not a service_account")
        }
        projectID = try text("project_id")
        guard projectID.utf8.allSatisfy(Self.isPlain), projectID.utf8.count <= 100 else {
            throw Problem("the service account's project_id is no project id")
        }
        clientEmail = try text("client_email")
        keyID = object["private_key_id"]?.stringValue
        tokenURI = object.present("token_uri")?.stringValue ?? Self.usualTokenURI
        guard tokenURI.hasPrefix("https://") else {
            throw Problem("the service account's token_uri must begin with https://")
        }
        do throws(RSASigner.Failure) {
            signer = try RSASigner(pem: try Self.pem(of: object))
        } catch {
            throw Problem("the service account cannot be used: \(error)")
        }
    }

    private static func pem(of object: JSONObject) throws(RSASigner.Failure) -> String {
        // A variable often carries the key's line ends as two characters each.
        (object["private_key"]?.stringValue ?? "").replacing("\\n", with: "\n")
    }

    private static func contents(of path: String) throws(Problem) -> [UInt8] {
        guard path.utf8.count < 4_096, !path.contains("\n"), let data = FileManager.default.contents(atPath: path)
        else {
            // What is no path may be a mangled account, so it is not repeated.
            let shown = path.hasPrefix("/") && path.utf8.count < 256 ? " \(path)" : ""
            throw Problem("the service account is neither JSON nor a file that can be read\(shown)")
        }
        guard data.count <= fileLimit else { throw Problem("the service account's file is too large") }
        return Array(data)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
