// swift-tools-version: 6.2
import PackageDescription

/// Set where tests run; elsewhere a newer compiler's warnings keep nobody from building.
let warningsAreErrors = Context.environment["GATEHOUSE_WARNINGS_ARE_ERRORS"] != nil

/// The commit that is built, for `gatehouse version` and the metrics. Whoever builds says it: what the package
/// manager knows of git by itself it does not ask again from one build to the next.
let commit = Context.environment["GATEHOUSE_COMMIT"].flatMap { name in
    let isPlain = name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
    }
    return isPlain && (1...64).contains(name.utf8.count) ? name : nil
}

/// Settings of every target.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // The exclusivity of accesses to class properties is checked in debug builds and tests; in a release build the
    // checks cost 5 % of the CPU of a request, and every object is confined to one thread.
    // Small functions of one module are inlined into another: appending to a buffer, classifying a byte.
    .unsafeFlags(
        ["-enforce-exclusivity=unchecked", "-cross-module-optimization"], .when(configuration: .release)),
]

/// Settings of targets that no request waits for: small before fast, as the whole program is at most 20 MB.
let cold: [SwiftSetting] = [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// Nobody loads symbols from the program: without a table of them it is 0.6 MB smaller.
let unexported = LinkerSetting.unsafeFlags(
    ["-Xlinker", "--no-export-dynamic"], .when(configuration: .release))

/// Settings of the pure targets: no I/O, no clock, no randomness, no unsafe expression.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

let package = Package(
    name: "gatehouse",
    products: [.executable(name: "gatehouse", targets: ["gatehouse"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        // C libraries and one-line adapters; no logic.
        .target(
            name: "CBuild",
            cSettings: commit.map { [.define("GATEHOUSE_COMMIT", to: "\"\($0)\"")] } ?? []),
        .target(name: "CLinux"),
        .target(name: "CPostgreSQL"),
        .target(name: "CCrypt", linkerSettings: [.linkedLibrary("crypt")]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),

        // Pure.
        .target(name: "HTTPCore", swiftSettings: pure),
        .target(name: "HTTP1", dependencies: ["HTTPCore"], swiftSettings: pure),
        .target(name: "GatewayConfig", swiftSettings: pure + cold),
        .target(name: "Access", dependencies: ["HTTPCore", "GatewayConfig"], swiftSettings: pure),
        .target(name: "Pages", dependencies: ["HTTPCore", "GatewayConfig"], swiftSettings: pure + cold),

        // What touches the kernel, the clock or a library.
        .target(name: "Secrets", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "Transport", dependencies: ["CLinux", "COpenSSL"], swiftSettings: strict),
        .target(
            name: "Operations", dependencies: ["HTTPCore", "GatewayConfig", "Transport", "CLinux"],
            swiftSettings: strict),
        .target(
            name: "Supervisor",
            dependencies: [
                "Operations", "HTTPCore", "HTTP1", "GatewayConfig", "Secrets", "Transport", "CLinux",
                "CBuild",
            ],
            swiftSettings: strict + cold),
        .target(name: "Redis", dependencies: ["Transport", "CHiredis"], swiftSettings: strict),
        .target(
            name: "Accounts", dependencies: ["Secrets", "CSQLite", "CArgon2", "CCrypt", "CPostgreSQL"],
            swiftSettings: strict + cold),
        .target(name: "Sessions", dependencies: ["Secrets", "Redis", "Transport"], swiftSettings: strict),
        .target(name: "Throttling", dependencies: ["Redis", "Transport"], swiftSettings: strict),
        .target(
            name: "Proxy",
            dependencies: [
                "HTTPCore", "HTTP1", "GatewayConfig", "Access", "Pages", "Operations", "Secrets", "Transport",
                "Redis", "Accounts", "Sessions", "Throttling", "CLinux",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Proxy", "Supervisor", "Operations", "HTTPCore", "HTTP1", "GatewayConfig", "Accounts",
                "Access",
                "Pages", "Redis", "Sessions", "Throttling", "Secrets", "Transport", "CLinux", "COpenSSL",
                "CSQLite",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict + cold,
            linkerSettings: [unexported]),

        .testTarget(name: "HTTPCoreTests", dependencies: ["HTTPCore"], swiftSettings: strict),
        .testTarget(name: "HTTP1Tests", dependencies: ["HTTP1", "RandomTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "GatewayConfigTests", dependencies: ["GatewayConfig", "RandomTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "AccessTests", dependencies: ["Access", "RandomTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "PagesTests", dependencies: ["Pages", "GatewayConfig", "RandomTestSupport"],
            swiftSettings: strict),
        .testTarget(name: "SecretsTests", dependencies: ["Secrets"], swiftSettings: strict),
        .testTarget(
            name: "TransportTests", dependencies: ["Transport", "RandomTestSupport"], swiftSettings: strict),
        .target(name: "RandomTestSupport", path: "Tests/RandomTestSupport", swiftSettings: strict),
        .target(
            name: "RedisTestSupport", dependencies: ["Redis", "Transport"], path: "Tests/RedisTestSupport",
            swiftSettings: strict),
        .testTarget(
            name: "RedisTests", dependencies: ["Redis", "RandomTestSupport", "RedisTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "AccountsTests", dependencies: ["Accounts", "RandomTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SessionsTests", dependencies: ["Sessions", "RandomTestSupport", "RedisTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "ThrottlingTests",
            dependencies: [
                "Throttling", "Redis", "Transport", "RandomTestSupport", "RedisTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "OperationsTests",
            dependencies: ["Operations", "GatewayConfig", "Transport", "RandomTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SupervisorTests",
            dependencies: ["Supervisor", "Operations", "GatewayConfig", "Transport", "RandomTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "ProxyTests",
            dependencies: [
                "Proxy", "HTTPCore", "HTTP1", "GatewayConfig", "Operations", "Secrets", "Transport",
                "Accounts", "RandomTestSupport",
            ],
            swiftSettings: strict),
    ]
)
