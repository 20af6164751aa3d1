internal import HTTP
internal import Packets
internal import Stages

/// Joiner of ranges of the same URL, received in one connection, into one file once they cover the representation.
final class RangeJoiner {
  private struct Piece {
    let range: ContentRange
    let file: BodyFile
  }

  private struct Whole {
    var pieces: [Piece] = []
    var total: Int64?
    /// Whether the ranges were joined, or two of them contradict each other.
    var isDone = false
  }

  private static let mostWholes = 1_000
  private static let mostPieces = 1_000

  /// Number of the connection.
  private let connection: UInt64
  private let output: HTTPOutput
  /// What is written of the connection, if that is decided at its end.
  private let held: HeldMessages?
  private var wholes: [[UInt8]: Whole] = [:]

  init(_ connection: UInt64, _ output: HTTPOutput, _ held: HeldMessages?) {
    self.connection = connection
    self.output = output
    self.held = held
  }

  /// Adds a range that a file contains.
  ///
  /// - Parameters:
  ///   - range: the range.
  ///   - length: number of bytes in the file.
  ///   - file: the file.
  ///   - exchange: the exchange of the response.
  /// - Returns: the joined file if this range completes it; nil otherwise.
  func add(_ range: ContentRange, length: Int64, _ file: BodyFile, of exchange: Exchange) -> BodyFile? {
    guard length == range.last &- range.first &+ 1, !exchange.url.isEmpty else { return nil }
    guard var whole = wholes[exchange.url] ?? (wholes.count < Self.mostWholes ? Whole() : nil), !whole.isDone else { return nil }
    defer { wholes[exchange.url] = whole }
    if let total = range.total {
      if let known = whole.total, known != total {
        whole.isDone = true
        return nil
      }
      whole.total = total
    }
    guard whole.pieces.count < Self.mostPieces else { return nil }
    whole.pieces.append(Piece(range: range, file: file))
    guard let total = whole.total, Self.covers(whole.pieces, total) else { return nil }
    whole.isDone = true
    let name = BodyName(
      connection: connection, exchange: exchange.number, parts: .extended(file.path, suffix: Array(".joined".utf8)))
    return write(whole.pieces, to: name, time: exchange)
  }

  private static func covers(_ pieces: [Piece], _ total: Int64) -> Bool {
    var end: Int64 = 0
    for piece in pieces.sorted(by: { $0.range.first < $1.range.first }) {
      if piece.range.first > end { return false }
      end = max(end, piece.range.last &+ 1)
    }
    return end == total
  }

  /// Writes the joined file.
  ///
  /// - Returns: the file; nil if overlapping ranges differ or an error occurs.
  private func write(_ pieces: [Piece], to name: BodyName, time exchange: Exchange) -> BodyFile? {
    let time = Timestamp(nanoseconds: exchange.response?.stamp.nanoseconds ?? 0)
    let file = BodyFile(output, output.reserve(name), time: time, held)
    var end: Int64 = 0
    for piece in pieces.sorted(by: { $0.range.first < $1.range.first }) {
      let overlap = max(0, end &- piece.range.first)
      if overlap > 0 { file.flush() }
      guard
        read(
          piece,
          { bytes, position in
            let start = piece.range.first &+ position
            let known = Int(max(0, min(Int64(bytes.count), end &- start)))
            if known > 0, !agrees(bytes[..<known], file, at: start) { return false }
            if known < bytes.count {
              let fresh = Array(bytes[known...])
              file.content(fresh.span, at: start &+ Int64(known))
            }
            return true
          })
      else {
        file.discard()
        return nil
      }
      end = max(end, piece.range.last &+ 1)
    }
    file.close()
    return file.isCreated && file.failure == nil ? file : nil
  }

  /// Whether the joined file has these bytes at an offset.
  private func agrees(_ bytes: ArraySlice<UInt8>, _ file: BodyFile, at offset: Int64) -> Bool {
    file.flush()
    return output.read(file, at: offset, count: bytes.count)?.elementsEqual(bytes) == true
  }

  private func read(_ piece: Piece, _ use: ([UInt8], Int64) -> Bool) -> Bool {
    let length = piece.range.last &- piece.range.first &+ 1
    var position: Int64 = 0
    while position < length {
      let count = Int(min(256 << 10, length &- position))
      guard let bytes = output.read(piece.file, at: position, count: count), bytes.count == count, use(bytes, position) else {
        return false
      }
      position &+= Int64(count)
    }
    return true
  }
}
