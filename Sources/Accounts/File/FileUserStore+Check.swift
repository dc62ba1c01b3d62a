extension FileUserStore {
    /// Something that is wrong in a file of users, in words that show no hash.
    public struct Finding: Sendable, Equatable {
        /// From 1; 1 also where the whole file is meant.
        public var line: Int
        /// What, without the file's name.
        public var message: String
        /// Whether a store would refuse the file for it; else one user cannot log in.
        public var isFault: Bool
    }

    /// Looks at the file of a store without opening one: the fault for which it would be refused, else the users who
    /// cannot log in. Nothing: it is good.
    public static func findings(path: String) -> [Finding] {
        do throws(StoreError) {
            let (text, _) = try FileSignature.read(path: path, limit: maximumCount)
            do throws(UserFileContent.Fault) {
                let content = try UserFileContent(text, createdMs: 0)
                return content.unusable.map {
                    Finding(line: $0.line, message: "user \($0.id): \($0.reason)", isFault: false)
                }
            } catch {
                return [Finding(line: error.line, message: error.reason, isFault: true)]
            }
        } catch {
            let detail = error.description
            let message = detail.hasPrefix("\(path): ") ? String(detail.dropFirst(path.count + 2)) : detail
            return [Finding(line: 1, message: message, isFault: true)]
        }
    }
}
