extension Request {
    /// The body as a JSON object; an empty body counts as `{}`, so that each missing field is named by its own error.
    ///
    /// Throws ``HTTPFailure`` 400: `INVALID_JSON`, or `VALIDATION_ERROR` for JSON that is no object. How large a body
    /// may be is the listener's to say.
    public func jsonObject() async throws -> JSONObject {
        let buffer = try await body.collect(upTo: .max)
        guard buffer.readableBytes > 0 else { return [:] }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: buffer)
        } catch {
            throw HTTPFailure(.badRequest, "INVALID_JSON", "Invalid JSON", message: error.description)
        }
        guard case .object(let object) = value else {
            throw HTTPFailure(
                .badRequest, ChatError.Code.validation.description, "Invalid request body",
                message: "Expected a JSON object")
        }
        return object
    }
}
