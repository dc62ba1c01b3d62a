import ArgumentParser
import Supervisor

/// `gatehouse completion`.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Write what makes a shell complete these commands.",
        discussion: """
            bash:  gatehouse completion bash > /etc/bash_completion.d/gatehouse
            zsh:   gatehouse completion zsh > /usr/local/share/zsh/site-functions/_gatehouse
            fish:  gatehouse completion fish > ~/.config/fish/completions/gatehouse.fish
            """)
    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() {
        let script =
            switch shell {
            case .bash: RootCommand.completionScript(for: .bash)
            case .zsh: RootCommand.completionScript(for: .zsh)
            case .fish: RootCommand.completionScript(for: .fish)
            }
        StandardOutput.write(script + "\n")
    }

    /// Shells that are known.
    enum Shell: String, CaseIterable, ExpressibleByArgument { case bash, zsh, fish }
}
