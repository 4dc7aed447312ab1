extension JSONWriter {
    /// Writes a member with a string.
    public mutating func field(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    /// Writes a member with an identifier's text.
    public mutating func field<Entity>(_ name: String, _ value: Identifier<Entity>) {
        field(name, value.rawValue)
    }

    /// Writes a member with an integer.
    public mutating func field(_ name: String, _ value: Int) {
        field(name, Int64(value))
    }

    /// Writes a member with an integer.
    public mutating func field(_ name: String, _ value: Int64) {
        key(name)
        int(value)
    }

    /// Writes a member with a truth value.
    public mutating func field(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// Writes a member with a number; `null` when it is infinite or NaN.
    public mutating func field(_ name: String, _ value: Double) {
        key(name)
        double(value)
    }

    /// Writes a member with an instant as ISO 8601 text.
    public mutating func field(_ name: String, _ value: Timestamp) {
        key(name)
        timestamp(value)
    }

    /// Writes a member with any value.
    public mutating func field(_ name: String, _ value: JSONValue) {
        key(name)
        self.value(value)
    }

    /// Writes a member with an object.
    public mutating func field(_ name: String, _ value: JSONObject) {
        key(name)
        object(value)
    }
}

extension JSONWriter {
    /// Writes a member with a string, or nothing at all when there is none.
    public mutating func fieldIfPresent(_ name: String, _ value: String?) {
        if let value { field(name, value) }
    }

    /// Writes a member with an identifier's text, or nothing at all when there is none.
    public mutating func fieldIfPresent<Entity>(_ name: String, _ value: Identifier<Entity>?) {
        if let value { field(name, value) }
    }

    /// Writes a member with an integer, or nothing at all when there is none.
    public mutating func fieldIfPresent(_ name: String, _ value: Int?) {
        if let value { field(name, value) }
    }

    /// Writes a member with an integer, or nothing at all when there is none.
    public mutating func fieldIfPresent(_ name: String, _ value: Int64?) {
        if let value { field(name, value) }
    }

    /// Writes a member with a truth value, or nothing at all when there is none.
    public mutating func fieldIfPresent(_ name: String, _ value: Bool?) {
        if let value { field(name, value) }
    }

    /// Writes a member with an instant, or nothing at all when there is none.
    public mutating func fieldIfPresent(_ name: String, _ value: Timestamp?) {
        if let value { field(name, value) }
    }

    /// Writes a member with any value, or nothing at all when there is none. A `null` is written.
    public mutating func fieldIfPresent(_ name: String, _ value: JSONValue?) {
        if let value { field(name, value) }
    }
}
