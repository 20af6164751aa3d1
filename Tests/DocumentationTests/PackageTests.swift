import Foundation
import Testing

/// A package that depends on the libraries gets nothing else.
@Suite struct PackageTests {
  private struct Manifest: Decodable {
    struct Product: Decodable {
      struct Kind: Decodable { var library: [String]? }

      var name: String
      var type: Kind
    }

    var products: [Product]
  }

  /// The package manager leaves out a dependency that no product of the package needs.
  ///
  /// A declared product of the command would need swift-argument-parser.
  @Test func itsLibrariesBringNoOtherPackage() throws {
    try Program.withFolder { folder in
      // A scratch path of its own: the test run holds the lock of the usual one.
      let dump = try Program.run(
        [
          "swift", "package", "--package-path", Program.root.path, "--scratch-path", folder.path + "/scratch", "dump-package",
        ], in: folder)
      let json = try #require(dump.text.firstIndex(of: "{").map { dump.text[$0...] }, "\(dump.text)")
      let manifest = try JSONDecoder().decode(Manifest.self, from: Data(json.utf8))
      let libraries = manifest.products.filter { $0.type.library != nil }.map(\.name)
      #expect(Set(libraries).isSuperset(of: ["Capture", "Packets", "Reassembly"]))

      let user = folder.appendingPathComponent("user")
      let sources = user.appendingPathComponent("Sources/user")
      try FileManager.default.createDirectory(at: sources, withIntermediateDirectories: true)
      // The path is a link with a name of the test's own, which is the package's identity.
      try FileManager.default.createSymbolicLink(at: folder.appendingPathComponent("reasm"), withDestinationURL: Program.root)
      let products = libraries.map { ".product(name: \"\($0)\", package: \"reasm\")" }.joined(separator: ", ")
      try """
      // swift-tools-version: 6.2
      import PackageDescription

      let package = Package(
        name: "user", dependencies: [.package(path: "../reasm")],
        targets: [.executableTarget(name: "user", dependencies: [\(products)])])
      """.write(to: user.appendingPathComponent("Package.swift"), atomically: true, encoding: .utf8)
      try "".write(to: sources.appendingPathComponent("main.swift"), atomically: true, encoding: .utf8)

      let shown = try Program.run(["swift", "package", "show-dependencies", "--format", "flatlist"], in: user)
      #expect(shown.status == 0, "\(shown.text)")
      #expect(shown.text.split(separator: "\n") == ["reasm"])
      #expect(!FileManager.default.fileExists(atPath: user.appendingPathComponent("Package.resolved").path))
    }
  }
}
