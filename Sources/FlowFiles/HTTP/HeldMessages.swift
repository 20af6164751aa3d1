internal import HTTP

/// Lines and files of one connection that are kept or removed when it is over.
final class HeldMessages {
  /// Line file to which a line belongs.
  enum Line: UInt64 {
    /// A line of http.ndjson.
    case exchange
    /// A line of websocket.ndjson.
    case message
  }

  private let output: HTTPOutput
  /// Lines, each behind its kind and its length.
  private let lane: SpoolLane
  /// Paths of the files that were created.
  private var paths: [[UInt8]] = []

  private static let headSize = 16

  init(_ output: HTTPOutput) {
    self.output = output
    lane = SpoolLane(output.heldLines)
  }

  deinit { lane.release() }

  /// Appends a line that `write` writes.
  func append(_ kind: Line, _ write: (inout JSONWriter) -> Void) {
    var json = JSONWriter()
    write(&json)
    lane.append([kind.rawValue, UInt64(json.bytes.count)], json.bytes.span)
  }

  /// Records that a file was created.
  func created(_ path: [UInt8]) { paths.append(path) }

  /// Records that a file was removed; it is one of the last ones.
  func removed(_ path: [UInt8]) { if let index = paths.lastIndex(of: path) { paths.remove(at: index) } }

  /// Writes the lines, because the connection is written.
  func release() {
    if lane.isBroken { output.lostHeldLines() }
    var reader = SpoolReader(lane)
    var bytes: [UInt8] = []
    while reader.read(Self.headSize, into: &bytes) {
      let kind = Line(rawValue: bytes.word(0))
      guard reader.read(Int(clamping: bytes.word(1)), into: &bytes) else { return output.lostHeldLines() }
      let lines = kind == .message ? output.messageLines() : output.lines
      lines?.append { json in json.appendPlain { $0 += bytes } }
    }
  }

  /// Removes the files, because the connection is not written.
  func withdraw() { for path in paths { output.remove(path) } }
}
