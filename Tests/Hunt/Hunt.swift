import ArgumentParser
import Foundation
import HuntSupport

/// The hunt for scripts that break the engine or the command.
@main
struct Hunt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hunt", abstract: "Run hostile scripts, hold what comes of them against laws, and shrink what fails.",
    subcommands: [HuntAll.self, Work.self, JudgeOne.self, Show.self], defaultSubcommand: HuntAll.self)
}

/// One script of a seed.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print a script as lines for a test, and save its capture.")

  @Option var seed: UInt64 = 1
  @Option var capture: String?
  @Argument var number: UInt64

  func run() throws {
    let script = ScriptMaker.script(seed: seed, number: number)
    print(script.text)
    if let capture { try Data(HuntContainer.plain.bytes(script.frames, script.linkType)).write(to: URL(fileURLWithPath: capture)) }
  }
}

/// Scripts of a range, one after the other: the process that may crash.
struct Work: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run some scripts; ends with status 1 at the first that fails.")

  @Option var seed: UInt64
  @Option var first: UInt64
  @Option var count: UInt64
  @Option var reasm: String?

  func run() throws {
    let judge = try Judge(program: reasm)
    for number in first..<(first + count) {
      Lines.print("script \(number)")
      let problems = try judge.problems(ScriptMaker.script(seed: seed, number: number))
      if problems.isEmpty { continue }
      for problem in problems.prefix(20) { Lines.print("problem " + problem.replacing("\n", with: "\u{1f}")) }
      throw ExitCode(1)
    }
    Lines.print("done")
  }
}

/// One script from a file, for the one who shrinks it.
struct JudgeOne: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "judge", abstract: "Run one saved script; status 1 where it fails.")

  @Option var reasm: String?
  @Argument var file: String

  func run() throws {
    let script = try JSONDecoder().decode(HuntScript.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
    let problems = try Judge(program: reasm).problems(script, usesCommand: reasm != nil)
    if problems.isEmpty { return }
    for problem in problems.prefix(20) { Lines.print("problem " + problem.replacing("\n", with: "\u{1f}")) }
    throw ExitCode(1)
  }
}

/// Lines that have left the process before anything can befall it.
enum Lines {
  static func print(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
