public import Matching
internal import Packets
internal import Reassembly

/// Search of all connections of a run for patterns, and matches.ndjson, which has a line for each match.
///
/// The lines of a connection are adjacent. Connections are in the order of the index.
final class MatchOutput: StageSource {
  static let name = "matches.ndjson"

  let patterns: PatternSet
  let lines: LineFile
  let spool: Spool
  let namesInputs: Bool
  /// Whether only connections in which something matched are written.
  let writesOnlyMatching: Bool
  /// Source of the other stages; nil if there are none.
  let other: (any StageSource)?
  private weak var factory: FlowFileFactory?
  /// Number of matches, and number of those without a line.
  private(set) var found: UInt64 = 0
  private(set) var notListed: UInt64 = 0
  /// Whether the spool lost lines.
  private(set) var isIncomplete = false

  /// Creates the file.
  ///
  /// - Parameters:
  ///   - patterns: the patterns.
  ///   - writesOnlyMatching: whether only connections in which something matched are written.
  ///   - factory: the writer of the files.
  /// - Throws: an error if matches.ndjson cannot be created.
  init(_ patterns: PatternSet, writesOnlyMatching: Bool, _ factory: FlowFileFactory) throws(OutputError) {
    self.patterns = patterns
    self.writesOnlyMatching = writesOnlyMatching
    self.factory = factory
    other = factory.stageSource
    factory.http?.staysOnOneThread(decodesAtOnce: true)
    let directory = factory.store.directory
    lines = try LineFile(directory: directory, name: Self.name)
    spool = directory.makeSpool()
    namesInputs = factory.store.options.inputCount > 1
  }

  func makeStages(for connection: ConnectionStream) -> (any ConnectionStages)? {
    let search = ConnectionMatches(connection.id, self)
    guard let others = other?.makeStages(for: connection) else { return search }
    (others as? HTTPConnection)?.searchBodies(with: search)
    return CombinedStages(search, others)
  }

  var failure: OutputError? { lines.failure ?? spool.failure }

  /// Figures for the run summary.
  var figures: RunReport.MatchFigures {
    RunReport.MatchFigures(patterns, matches: found, notListed: notListed)
  }

  /// Counts the matches of a direction of a layer whose connection is over.
  func add(_ tally: MatchTally) {
    found &+= tally.total
    notListed &+= tally.notListed
  }

  /// Writes the lines of a connection.
  ///
  /// - Parameters:
  ///   - lane: the lines, as `MatchLine` wrote them.
  ///   - report: the report of the connection.
  func write(_ lane: SpoolLane, _ report: ConnectionReport) {
    if lane.isBroken { isIncomplete = true }
    var reader = SpoolReader(lane)
    var bytes: [UInt8] = []
    while reader.read(MatchLine.headSize, into: &bytes), let head = MatchLine.Head(bytes) {
      guard reader.read(head.length, into: &bytes) else {
        isIncomplete = true
        break
      }
      lines.append { json in
        json.beginObject()
        json.key("connection")
        json.integer(report.id)
        json.key("direction")
        json.word(head.sender.side == report.client ? "client_to_server" : "server_to_client")
        json.appendPlain { $0 += bytes }
        json.endObject()
        json.endLine()
      }
    }
  }
}

extension FlowFileFactory {
  /// Searches every connection for patterns from now on, and writes matches.ndjson.
  ///
  /// TLS is to be read after this call, so that its clear bytes are searched too.
  ///
  /// - Parameters:
  ///   - patterns: the patterns.
  ///   - writesOnlyMatching: whether only connections in which something matched are written; numbers and names are those of a run that
  ///     writes all of them.
  /// - Throws: `OutputError` if matches.ndjson cannot be created.
  public func search(_ patterns: PatternSet, writesOnlyMatching: Bool = false) throws(OutputError) {
    do throws(OutputError) {
      let output = try MatchOutput(patterns, writesOnlyMatching: writesOnlyMatching, self)
      matches = output
      stageSource = output
    } catch {
      abandon()
      throw error
    }
  }
}
