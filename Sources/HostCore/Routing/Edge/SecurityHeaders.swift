import HTTPTypes
import PluginAPI

/// Header fields that keep browsers from doing harm with an answer. A route that sets one of them itself, as a page
/// with its own content security policy does, keeps its own.
struct SecurityHeaders: Sendable {
    private let fields: [HTTPField]
    private let names: Set<HTTPField.Name>

    init(isSecure: Bool) {
        var pairs = [
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Content-Security-Policy", "frame-ancestors 'none'"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("X-Permitted-Cross-Domain-Policies", "none"),
        ]
        if isSecure { pairs.append(("Strict-Transport-Security", "max-age=31536000")) }
        fields = pairs.compactMap { name, value in
            HTTPField.Name(name).map { HTTPField(name: $0, value: value) }
        }
        names = Set(fields.map(\.name))
    }

    func add(to headers: inout HTTPFields) {
        if isIn(headers) {
            for field in fields where !headers.contains(field.name) { headers.append(field) }
        } else {
            headers.append(contentsOf: fields)
        }
    }

    /// Whether an answer has one of them already.
    func isIn(_ headers: HTTPFields) -> Bool { headers.contains { names.contains($0.name) } }
}
