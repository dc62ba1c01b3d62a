extension SettingsBuilder {
    func buildStore(_ block: Block, _ users: inout UsersSettings) {
        guard let store = block.first("store") else { return }
        let kind = store.values[0].text
        guard store.values.count == 2 else {
            let example = kind == "file" ? "store file users.txt" : "store sqlite state/users.db"
            log.error("E202", store.position, "store \(kind) needs a path", ["write: \(example)"])
            return
        }
        let isWatched = block.text("watch") != "off"
        guard let path = reader.read(store.values[1].word, .path, store.rule)?.text else { return }
        users.store = kind == "file" ? .file(path: path, isWatched: isWatched) : .sqlite(path: path)
        checkFile(block, kind)
    }

    /// What only a file store has, and what it has not.
    private func checkFile(_ block: Block, _ kind: String) {
        if kind != "file", let watch = block.first("watch") {
            log.error("E305", watch.position, "watch is for a file store")
        }
        guard kind == "file", let register = block.value("register")?.word, register.text == "open" else {
            return
        }
        log.error(
            "E305", register.position, "a file store is only read: nobody can register",
            ["write: register off, or use: store sqlite state/users.db"])
    }
}
