import Testing

@testable import GatewayConfig
