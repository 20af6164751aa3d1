import Packets
import Reassembly

/// Where the streams go: the output folder, its files, the index and run.json.
final class Output {
  let directory: String
  let factory: any StreamFactory

  init(_ options: OutputOptions, input: String) throws {
    directory = options.directory ?? DefaultDirectory.name(for: input)
    factory = Discarding()
  }

  func finish(_ result: inout RunResult, _ command: ReasmCommand) -> OutputReport {
    OutputReport(problems: [], json: Array("{}\n".utf8), files: 0, directory: directory)
  }
}

/// What the output has to say at the end.
struct OutputReport {
  /// One line each, for standard error.
  var problems: [String]
  /// run.json.
  var json: [UInt8]
  /// How many files of stream data were written.
  var files: UInt64
  var directory: String
}

private final class Discarding: StreamFactory {
  final class Nothing: Stream {
    func reassembled(_ data: inout ReassembledData) {}
    func reassemblyComplete(_ report: ConnectionReport) -> Bool { true }
  }

  func makeStream(for opening: ConnectionOpening) -> any Stream { Nothing() }
}
