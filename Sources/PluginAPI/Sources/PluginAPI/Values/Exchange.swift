/// Puts a value in a place and answers the one before.
@inlinable
public func exchange<Value>(_ place: inout Value, with value: Value) -> Value {
    let old = place
    place = value
    return old
}
