extension SettingsBuilder {
    private static let maximumOldKeys = 4

    mutating func buildSession() {
        guard let item = top.every("session").first else { return }
        buildKeys(item)
        buildTouch(item.block)
    }

    private mutating func buildKeys(_ item: Item) {
        let block = item.block
        if block.names.contains("key"), block.names.contains("key_file") {
            let second = block.every("key_file").first ?? item
            log.error(
                "E204", second.position, "key and key_file are two ways to say the same", ["keep one of them"]
            )
        } else if !block.names.contains("key"), !block.names.contains("key_file"), !block.isBroken {
            log.error(
                "E303", item.position, "session has no key", ["for instance: key_file state/session.key"])
        }
        var keys: [SessionSettings.Key?] = []
        if let word = block.value("key")?.word { keys.append(key(word)) }
        if let value = block.value("key_file") { keys.append(keyFile(value, canBeMade: true)) }
        let old = block.items.filter { ["old_key", "old_key_file"].contains($0.rule.name) }
        if old.count > Self.maximumOldKeys {
            log.error(
                "E208", old[Self.maximumOldKeys].position, "more than \(Self.maximumOldKeys) old keys",
                ["a key older than every session has no use"])
        }
        for item in old {
            guard let value = item.values.first else { continue }
            keys.append(item.rule.name == "old_key" ? key(value.word) : keyFile(value, canBeMade: false))
        }
        settings.session.keys = keys.compactMap { $0 }
    }

    private func key(_ word: Word) -> SessionSettings.Key? {
        if let path = word.path { checkMode(path, word) }
        return key(word.bytes, word)
    }

    private func key(_ text: [UInt8], _ word: Word) -> SessionSettings.Key? {
        let bytes = KeyBytes.decode(text)
        if bytes.count >= KeyBytes.minimumCount { return .bytes(bytes) }
        log.error(
            "E402", word.position,
            "the key has less than \(KeyBytes.minimumCount) bytes: found \(bytes.count) bytes",
            ["make one: gatehouse key new FILE"])
        return nil
    }

    private func keyFile(_ value: Value, canBeMade: Bool) -> SessionSettings.Key? {
        let path = value.text
        switch source.read(path: path) {
        case .success(let bytes):
            checkMode(path, value.word)
            return key(LineEnd.dropped(bytes), value.word)
        case .failure(let error):
            let isOurs = FilePath.isBelow(path, settings.stateDirectory ?? "")
            if error.isMissing, canBeMade, isOurs { return .created(path: path) }
            let hint =
                error.isMissing ? ["make one: gatehouse key new \(value.word.isSecret ? "FILE" : path)"] : []
            let shown = value.word.isSecret ? secretPlaceholder : Printable.quoted(path)
            log.error("E111", value.word.position, "cannot read \(shown): \(error.message)", hint)
            return nil
        }
    }

    func checkMode(_ path: String, _ word: Word) {
        guard let mode = source.permissions(path: path), mode & 0o077 != 0 else { return }
        log.warning(
            "W503", word.position, "the key file can be read by others than its owner",
            ["chmod 600 \(path)"])
    }

    /// A session that is renewed too rarely would end while in use.
    private mutating func buildTouch(_ block: Block) {
        block.set("touch", &settings.session.touch)
        guard let shortest = settings.realms.min(by: { $0.idle < $1.idle }) else { return }
        let longest = shortest.idle / 4
        guard settings.session.touch >= longest else { return }
        guard let value = block.value("touch") else {
            settings.session.touch = max(1, longest - 1)
            return
        }
        log.error(
            "E205", value.word.position, "touch must be under a quarter of every idle",
            [
                "realm \(shortest.name) has idle \(Number.durationText(shortest.idle)): under \(Number.durationText(longest))"
            ])
    }
}
