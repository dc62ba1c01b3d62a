/// The handbook's table of metrics, from the definitions that drive the exposition.
public func metricsMarkdown() -> String {
    var text = "| metric | type | labels | meaning |\n|---|---|---|---|\n"
    for metric in Metric.allCases {
        let definition = metric.definition
        let kind =
            switch definition.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        let labels = definition.labels.map { "`\($0)`" }.joined(separator: " ")
        text += "| `\(definition.name)` | \(kind) | \(labels.isEmpty ? "–" : labels) | \(definition.help) |\n"
    }
    return text
}
