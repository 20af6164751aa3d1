// swift-tools-version: 6.2
import PackageDescription

/// The language features that every library target is written with.
///
/// `Lifetimes` lets a view (`TCPSegment`, `ReassembledData`) borrow the bytes it stands on, so that a view that outlives its packet
/// does not compile.
let features: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "reasm",
  products: [
    .library(name: "Packets", targets: ["Packets"]),
    .library(name: "Reassembly", targets: ["Reassembly"]),
    .library(name: "Capture", targets: ["Capture"]),
    .library(name: "TLS", targets: ["TLS"]),
    .library(name: "HTTP", targets: ["HTTP"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
    .systemLibrary(
      name: "CCompression",
      providers: [.apt(["zlib1g-dev", "libzstd-dev", "liblzma-dev", "liblz4-dev", "libbz2-dev", "libbrotli-dev", "libnghttp2-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CCopy"),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CPrefetch"),
    // A table of functions of Vectorscan, which is loaded at run time: the build needs no library.
    .target(name: "CMatch"),
    .target(name: "Packets", swiftSettings: features),
    .target(name: "Paths", swiftSettings: features),
    .target(name: "Stages", swiftSettings: features),
    .target(name: "HTTP", dependencies: ["Compression", "Stages"], swiftSettings: features),
    .target(name: "Matching", dependencies: ["CMatch", "Stages"], swiftSettings: features),
    .target(name: "Reassembly", dependencies: ["CPrefetch", "Packets"], swiftSettings: features),
    .target(name: "Compression", dependencies: ["CCompression"], swiftSettings: features),
    .target(name: "Capture", dependencies: ["CPcap", "Compression", "Packets", "Paths"], swiftSettings: features),
    .target(name: "TLS", dependencies: ["CCrypto", "Stages"], swiftSettings: features),
    .target(name: "Report", dependencies: ["Paths"], swiftSettings: features),
    .target(
      name: "FlowFiles",
      dependencies: ["CCopy", "CCrypto", "CLinux", "HTTP", "Matching", "Packets", "Paths", "Reassembly", "Report", "Stages", "TLS"],
      swiftSettings: features),
    .executableTarget(
      name: "reasm",
      dependencies: [
        "CLinux", "Capture", "Compression", "FlowFiles", "HTTP", "Matching", "Packets", "Paths", "Reassembly", "Stages", "TLS",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: features),
    // Programs that use the libraries as others would: no experimental feature, no unsafe code.
    .executableTarget(name: "server-lines", dependencies: ["Capture", "Packets", "Reassembly"], path: "Sources/Examples/ServerLines"),
    .executableTarget(name: "byte-counts", dependencies: ["Capture", "Packets", "Reassembly"], path: "Sources/Examples/ByteCounts"),
    .executableTarget(
      name: "live-connections", dependencies: ["Capture", "Packets", "Reassembly"], path: "Sources/Examples/LiveConnections"),

    .testTarget(
      name: "FlowFilesTests",
      dependencies: [
        "CCompression", "Capture", "FlowFiles", "HTTP", "Matching", "Packets", "Paths", "Reassembly", "Report", "Stages", "TLS",
        "TestSupport",
      ],
      swiftSettings: features),
    // Fixtures of TLS for the tests of the stage and for the fuzzer.
    .target(name: "TLSConversations", dependencies: ["Stages", "TLS"], path: "Tests/TLSConversations", swiftSettings: features),
    .testTarget(name: "TLSTests", dependencies: ["Stages", "TLS", "TLSConversations"], swiftSettings: features),
    .testTarget(name: "CaptureTests", dependencies: ["CCompression", "Capture", "Packets", "Paths"], swiftSettings: features),
    .testTarget(name: "HTTPTests", dependencies: ["Compression", "HTTP", "Stages"], swiftSettings: features),
    .testTarget(name: "ReportTests", dependencies: ["Report"], exclude: ["browser.py"], swiftSettings: features),
    // A search that is obviously right, for the tests of matches and for the fuzzer.
    .target(name: "PlainSearch", dependencies: ["Matching", "Stages"], path: "Tests/PlainSearch", swiftSettings: features),
    .testTarget(name: "MatchingTests", dependencies: ["Matching", "PlainSearch", "Stages"], swiftSettings: features),
    .testTarget(name: "CompressionTests", dependencies: ["CCompression", "Compression"], swiftSettings: features),
    .testTarget(
      name: "ReasmTests", dependencies: ["Packets", "Paths", "reasm", "TestSupport"], exclude: ["help.txt", "Recorded"],
      swiftSettings: features),
    .target(name: "TestSupport", dependencies: ["Packets"], path: "Tests/TestSupport", swiftSettings: features),
    .executableTarget(
      name: "fixture-maker", dependencies: ["Packets", "TestSupport"], path: "Tests/FixtureMaker", swiftSettings: features),
    .executableTarget(
      name: "bench",
      dependencies: ["CCompression", "CCrypto", "CMatch", "CPcap", "Capture", "FlowFiles", "Packets", "Paths", "Reassembly"],
      path: "Tests/Bench", exclude: ["instructions.txt", "live.sh"], swiftSettings: features),
    .testTarget(name: "ReassemblyTests", dependencies: ["Packets", "Reassembly", "TestSupport"], swiftSettings: features),
    .testTarget(name: "GoldenTests", dependencies: ["reasm", "TestSupport"], swiftSettings: features),
    .testTarget(name: "LiveTests", dependencies: ["Packets", "reasm", "TestSupport"], swiftSettings: features),
    .executableTarget(
      name: "engine-costs", dependencies: ["Capture", "Packets", "Reassembly", "TestSupport"], path: "Tests/Costs", swiftSettings: features),
    // Checks of the bare engine that the fuzzers and the hunt share.
    .target(
      name: "EngineChecks", dependencies: ["Packets", "Reassembly", "TestSupport"], path: "Tests/EngineChecks", swiftSettings: features),
    .target(
      name: "HuntSupport",
      dependencies: ["CCrypto", "Capture", "EngineChecks", "FlowFiles", "Packets", "Paths", "Reassembly", "TestSupport"],
      path: "Tests/HuntSupport", swiftSettings: features),
    .executableTarget(
      name: "hunt", dependencies: ["HuntSupport", .product(name: "ArgumentParser", package: "swift-argument-parser")], path: "Tests/Hunt",
      swiftSettings: features),
    .testTarget(name: "HuntTests", dependencies: ["HuntSupport", "TestSupport", "hunt", "reasm"], swiftSettings: features),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "EngineChecks", "HTTP", "Matching", "Packets", "PlainSearch", "Reassembly", "Stages", "TLS", "TLSConversations", "TestSupport",
      ],
      path: "Tests/Fuzz",
      exclude: ["Entries", "build.sh", "run.sh"],
      swiftSettings: features),
    .testTarget(name: "PacketsTests", dependencies: ["Packets"], swiftSettings: features),
    // The code that the documentation shows, built as a user of the libraries builds.
    .target(name: "DocumentedCode", dependencies: ["Capture", "Packets", "Reassembly"], path: "Tests/DocumentedCode"),
    .testTarget(
      name: "DocumentationTests",
      dependencies: [
        "DocumentedCode", "FlowFiles", "Packets", "Reassembly", "TestSupport", "byte-counts", "live-connections", "reasm", "server-lines",
      ], exclude: ["validate.py"],
      swiftSettings: features),
  ]
)
