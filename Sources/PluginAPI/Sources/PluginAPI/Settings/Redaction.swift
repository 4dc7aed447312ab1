/// What may be shown of a configuration.
public enum Redaction {
    private static let secretParts = [
        "secret", "password", "passphrase", "token", "api_key", "apikey", "credential", "service_account",
    ]

    /// Whether a value of this name is a secret whatever its schema says.
    public static func isSecret(name: String) -> Bool {
        let name = name.lowercased().replacing("-", with: "_")
        return name == "dsn" || name.hasSuffix("_dsn") || secretParts.contains { name.contains($0) }
    }

    /// The text without the passwords of the URLs and connection strings in it.
    ///
    /// Everything from the first URL's user to the last `@` counts as password: one with an unescaped `/`, comma or
    /// blank in it must not slip through, and showing too little of a strange text harms nobody. Pairs `name=value`
    /// whose name is a secret's lose their value too.
    public static func redact(urlsIn text: String) -> String {
        guard let separator = text.firstRange(of: "://"),
            let at = text[separator.upperBound...].lastIndex(of: "@")
        else { return redact(pairsIn: text) }
        let userInfo = text[separator.upperBound..<at]
        let user = userInfo.firstIndex(of: ":").map { userInfo[...$0] } ?? ""
        return text[..<separator.upperBound] + user + Secret.redacted + redact(pairsIn: String(text[at...]))
    }

    private static func redact(pairsIn text: String) -> String {
        guard text.contains("=") else { return text }
        var result = ""
        var rest = text[...]
        while !rest.isEmpty {
            let pair = rest.prefix { !" &?;".contains($0) }
            if let equals = pair.firstIndex(of: "="), isSecret(name: String(pair[..<equals])) {
                result += pair[...equals] + Secret.redacted
            } else {
                result += pair
            }
            rest = rest.dropFirst(pair.count)
            result += rest.prefix(1)
            rest = rest.dropFirst()
        }
        return result
    }
}
