import Foundation
import Testing

/// The recipes of the documentation run on the index that they are written for.
@Suite struct RecipeTests {
  struct Recipe: Sendable, CustomTestStringConvertible {
    var command: String
    var testDescription: String { command.split(separator: "\n").prefix(3).joined(separator: " ") }

    /// Words that show what the recipe needs: a program, or a module of Python.
    static let needs = [
      "jq": ["jq", "--version"], "duckdb": ["python3", "-c", "import duckdb"], "pandas": ["python3", "-c", "import pandas"],
    ]

    var need: String? { Self.needs.keys.first { command.hasPrefix($0) || command.contains("import " + $0) } }
  }

  private static let recipes: [Recipe] = {
    let page = Program.root.appendingPathComponent("Sources/FlowFiles/FlowFiles.docc/Recipes.md")
    let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
    return text.components(separatedBy: "```sh\n").dropFirst().map { Recipe(command: $0.components(separatedBy: "```")[0]) }
  }()

  private static let installed: Set<String> = {
    let folder = FileManager.default.temporaryDirectory
    return Set(Recipe.needs.filter { (try? Program.run($0.value, in: folder).status) == 0 }.keys)
  }()

  @Test func everyRecipeSaysWhatItNeeds() {
    #expect(Self.recipes.count >= 8)
    #expect(Self.recipes.allSatisfy { $0.need != nil })
  }

  @Test(arguments: recipes.filter { installed.contains($0.need ?? "") }) func runs(_ recipe: Recipe) throws {
    try Program.withFolder { folder in
      let fixtures = Program.root.appendingPathComponent("Fixtures")
      let captures = ["injection", "hole", "http-ipv4"].flatMap { ["-r", fixtures.appendingPathComponent($0 + "/input.pcap").path] }
      let run = try Program.run([Program.reasm, "-q", "-o", "out", "--hash", "--index", "full"] + captures, in: folder)
      #expect([0, 2].contains(run.status), "\(run.text)")
      let outcome = try Program.run(["bash", "-e", "-o", "pipefail", "-c", recipe.command], in: folder.appendingPathComponent("out"))
      #expect(outcome.status == 0, "\(outcome.text)")
      #expect(!outcome.text.isEmpty)
    }
  }
}
