/// A queue in a circular array: what is taken out leaves room that is used again.
struct Ring<Element> {
    private var slots: ContiguousArray<Element?> = []
    private var head = 0
    /// Elements in the queue.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The element `index` places behind the front.
    subscript(index: Int) -> Element? {
        get { index < count ? slots[(head + index) & (slots.count - 1)] : nil }
        set { if index < count { slots[(head + index) & (slots.count - 1)] = newValue } }
    }

    mutating func append(_ element: consuming Element) {
        if count == slots.count { grow() }
        slots[(head + count) & (slots.count - 1)] = element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[head].take()
        head = (head + 1) & (slots.count - 1)
        count -= 1
        return element
    }

    private mutating func grow() {
        // A power of two, so that a mask wraps the index.
        var larger = ContiguousArray<Element?>(repeating: nil, count: max(16, slots.count * 2))
        for index in 0..<count { larger[index] = self[index] }
        slots = larger
        head = 0
    }
}
