import PluginAPI
import Testing

@Suite("JSON object")
struct JSONObjectTests {
    @Test(
        "A repeated key keeps its place and takes the last value, small object or large",
        arguments: [3, 16, 17, 500])
    func lastValueWins(count: Int) {
        var object = JSONObject()
        for key in 0..<count { object.set("k\(key)", .int(Int64(key))) }
        object["k1"] = "new"
        #expect(object.count == count)
        #expect(object["k1"] == "new")
        #expect(object.map(\.key) == (0..<count).map { "k\($0)" })
        #expect(object["k\(count - 1)"] == .int(Int64(count - 1)))
        #expect(object["missing"] == nil)
    }

    @Test("Members can be removed across the border between small and large", arguments: [15, 16, 17, 18, 40])
    func removes(count: Int) {
        var object = JSONObject((0..<count).map { ("k\($0)", JSONValue.int(Int64($0))) })
        #expect(object.removeValue(forKey: "k0") == 0)
        object["k1"] = nil
        object["k2"] = nil
        #expect(object.removeValue(forKey: "k2") == nil)
        #expect(object.map(\.key) == (3..<count).map { "k\($0)" })
        for key in 3..<count { #expect(object["k\(key)"] == .int(Int64(key))) }
    }

    @Test("Null counts as absent where the wire says so")
    func nullIsAbsent() {
        let object: JSONObject = ["name": .null, "id": "u1"]
        #expect(object["name"] == .some(.null))
        #expect(object.present("name") == nil)
        #expect(object.present("id") == "u1")
        #expect(object.present("other") == nil)
    }

    @Test("Order does not count in comparisons")
    func comparesWithoutOrder() {
        let one: JSONObject = ["a": 1, "b": [2]]
        let other: JSONObject = ["b": [2], "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1, "b": [3]])
        #expect(one != ["a": 1])
    }

    @Test("Values answer only for their own kind")
    func accessors() {
        let value: JSONValue = ["s": "x", "i": 7, "d": 2.5, "w": 3.0, "b": true, "a": [1, 2], "n": .null]
        #expect(value["s"]?.stringValue == "x")
        #expect(value["i"]?.intValue == 7)
        #expect(value["i"]?.doubleValue == 7)
        #expect(value["d"]?.intValue == nil)
        #expect(value["w"]?.intValue == 3)
        #expect(value["b"]?.boolValue == true)
        #expect(value["a"]?[1] == 2)
        #expect(value["a"]?[2] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value["a"]?.arrayValue?.count == 2)
        #expect(value["n"]?.isNull == true)
        #expect(value["s"]?.intValue == nil && value["i"]?.stringValue == nil && value["s"]?["x"] == nil)
        #expect(JSONValue.double(1e300).intValue == nil)
        #expect(value.objectValue?.count == 7)
    }
}
