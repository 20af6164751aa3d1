import Foundation

/// python3's jsonschema.
enum Validator {
  static let isInstalled = {
    let outcome = try? Program.run(
      ["python3", "-c", "from jsonschema import Draft202012Validator"], in: FileManager.default.temporaryDirectory)
    return outcome?.status == 0
  }()

  /// Validates files in a folder: a document each, or a document on each line of those whose name ends with `ndjson`.
  static func validate(_ files: [(schema: Schema, name: String)], in folder: URL) throws -> Program.Outcome {
    let script = Program.root.appendingPathComponent("Tests/DocumentationTests/validate.py").path
    let catalogue = Program.root.appendingPathComponent("Sources/FlowFiles/FlowFiles.docc")
    let pairs = files.flatMap { [catalogue.appendingPathComponent($0.schema.fileName).path, $0.name] }
    return try Program.run(["python3", script] + pairs, in: folder)
  }
}
