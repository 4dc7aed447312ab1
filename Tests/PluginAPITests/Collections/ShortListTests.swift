import Testing

@testable import PluginAPI

@Suite("A list whose only element is in place")
struct ShortListTests {
    @Test("does what an array does, whatever happens to it", arguments: 0..<50)
    func likeAnArray(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var (list, array) = (ShortList<Int>.empty, [Int]())
        for number in 0..<200 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                guard array.count < 6 else { continue }
                list.append(number)
                array.append(number)
            case 2:
                guard let position = array.indices.randomElement(using: &random) else { continue }
                list.remove(at: position)
                array.remove(at: position)
            default:
                guard let position = array.indices.randomElement(using: &random) else { continue }
                list[position] = number
                array[position] = number
            }
            #expect(Array(list) == array)
            #expect(list.count == array.count && list.first == array.first && list.last == array.last)
            if case .many(let elements) = list { #expect(elements.count > 1) }
        }
    }
}
