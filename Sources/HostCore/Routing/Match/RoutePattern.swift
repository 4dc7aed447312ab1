import HTTPTypes
import PluginAPI

/// A route's method and path, to see clashes and to tell an unknown path from an unknown method.
struct RoutePattern: Sendable {
    let path: RouterPath
    let method: HTTPRequest.Method

    /// Two paths of one shape match the same requests, however their parameters are called.
    var shape: String {
        path.components.map { component -> String in
            let text = component.description
            guard let open = text.firstIndex(of: "{"), let close = text.lastIndex(of: "}"), open < close else {
                return text
            }
            return String(text[...open] + text[close...])
        }.joined(separator: "/")
    }

    /// Whether a path lies on this route; empty segments do not count, as the router sees it.
    func matches(_ segments: [Substring]) -> Bool {
        Self.matches(path.components[...], segments[...])
    }

    private static func matches(_ pattern: ArraySlice<RouterPath.Element>, _ segments: ArraySlice<Substring>) -> Bool {
        guard let first = pattern.first else { return segments.isEmpty }
        guard let segment = segments.first else { return false }
        if first == .recursiveWildcard {
            let rest = pattern.dropFirst()
            return rest.isEmpty || segments.indices.dropFirst().contains { matches(rest, segments[$0...]) }
        }
        return first ~= segment && matches(pattern.dropFirst(), segments.dropFirst())
    }
}
