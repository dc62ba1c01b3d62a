import HTTPCore
import Testing

@Suite("FieldID")
struct FieldIDTests {
    @Test(arguments: FieldID.allCases.dropFirst())
    func `is found by its name in any case, at any place, and by no other name`(_ id: FieldID) {
        let name = Array(id.name.utf8)
        let upper = name.map { $0 >= 0x61 && $0 <= 0x7a ? $0 & 0xdf : $0 }
        for spelling in [name, upper] {
            for padding in [0, 1, 20] {
                let line =
                    [UInt8](repeating: 0x78, count: 3) + spelling + [UInt8](repeating: 0x79, count: padding)
                #expect(FieldID.of(line.span, 3, name.count) == id)
            }
        }
        for index in name.indices {
            var other = name
            // Setting or clearing the bit that tells cases apart, and the others as well.
            for bit in 0..<8 where bit != 5 || !(0x41...0x7a).contains(name[index]) {
                other[index] = name[index] ^ UInt8(1 << bit)
                #expect(FieldID.of(other.span, 0, other.count) == .other)
            }
        }
        #expect(
            FieldID.of((name + name).span, 0, name.count - 1) == FieldID.allCases.first {
                $0.name == id.name.dropLast()
            } ?? .other)
    }
}
