extension ValueReader {
    func address(_ word: Word, _ rule: ValueRule) -> Value? {
        switch rule {
        case .range: return range(word)
        case .host: return host(word)
        case .adminAddress: return admin(word)
        case .serverAddress: return server(word)
        default: return endpoint(word)
        }
    }

    private func range(_ word: Word) -> Value? {
        do throws(Address.RangeProblem) {
            return Value(word: word, kind: .range(try Address.range(word.bytes)))
        } catch .notARange {
            return wrong(word, "an address or range: 10.0.0.0/8 192.0.2.7 fd00::/8")
        } catch {
            return wrong(
                word, "a range: bits behind the prefix are set", ["write the first address of the range"])
        }
    }

    private func endpoint(_ word: Word) -> Value? {
        do throws(EndpointText.Problem) {
            let directory = log.files[word.position.file].directory
            return Value(
                word: word, kind: .endpoint(try EndpointText.parse(word.bytes, directory: directory)))
        } catch {
            let hints = word.isSecret ? [] : [error.hint].compactMap { $0 }
            return wrong(word, "an address: host:port :port [::1]:port unix:/path", hints)
        }
    }

    private func server(_ word: Word) -> Value? {
        guard let value = endpoint(word) else { return nil }
        switch value.endpoint {
        case .tcp(let host, _) where host.isEmpty:
            return wrong(word, "complete", ["add the host: 127.0.0.1\(word.text)"])
        case .inherited: return wrong(word, "the address of a server: host:port or unix:/path")
        default: return value
        }
    }

    private func admin(_ word: Word) -> Value? {
        guard let value = endpoint(word) else { return nil }
        if case .inherited = value.endpoint {
            return wrong(word, "host:port, :port, [::1]:port or unix:/path")
        }
        return value
    }

    private func host(_ word: Word) -> Value? {
        var bytes = word.text.lowercased().utf8.map { $0 }
        if bytes.last == UInt8(ascii: "."), bytes.count > 1 { bytes.removeLast() }
        let name = bytes.starts(with: Array("*.".utf8)) ? Array(bytes.dropFirst(2)) : bytes
        let isBracketed = name.first == UInt8(ascii: "[") && name.last == UInt8(ascii: "]")
        let isAddress = isBracketed && Address.version6(name.dropFirst().dropLast()) != nil
        guard bytes.elementsEqual("*".utf8) || Name.isHost(name) || isAddress && name.count == bytes.count
        else {
            let hint = name.contains(0x3a) ? ["without a scheme and without a port"] : []
            return wrong(word, "a host: shop.example.org, *.example.org or *", hint)
        }
        return Value(word: word, kind: .text(String(decoding: bytes, as: UTF8.self)))
    }
}
