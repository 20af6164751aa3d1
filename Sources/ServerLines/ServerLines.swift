import Packets
import Reassembly

/// An example of a stream: gives every line that servers sent to a function, whole lines only.
///
/// Half a line at the end of a delivery is kept and comes again in front of the next bytes, so a line may be cut across any segments.
public final class ServerLines: Stream {
  private let print: (String) -> Void

  /// Makes a stream that calls `print` for each line.
  public init(print: @escaping (String) -> Void) { self.print = print }

  /// Takes the next bytes.
  public func reassembled(_ data: inout ReassembledData) {
    guard data.direction == .serverToClient else { return }
    var line: [UInt8] = []
    var lineStart = 0
    for index in 0..<data.chunkCount {
      let chunk = data.chunk(at: index)
      if data.chunkStart(at: index) == data.savedCount, data.skipped != 0, !line.isEmpty {
        // A line that a gap cuts off ends there.
        print(String(decoding: line, as: UTF8.self))
        line.removeAll(keepingCapacity: true)
        lineStart = data.savedCount
      }
      for position in chunk.indices {
        if chunk[position] != UInt8(ascii: "\n") {
          line.append(chunk[position])
          continue
        }
        print(String(decoding: line, as: UTF8.self))
        line.removeAll(keepingCapacity: true)
        lineStart = data.chunkStart(at: index) + position + 1
      }
    }
    if data.isEnd, !line.isEmpty { print(String(decoding: line, as: UTF8.self)) }
    data.keep(from: lineStart)
  }

  /// The assembler may forget the connection at once.
  public func reassemblyComplete(_ report: ConnectionReport) -> Bool { true }
}

/// Gives each connection a stream of its own.
public final class ServerLinesFactory: StreamFactory {
  private let print: (String) -> Void

  /// Makes a factory whose streams call `print` for each line.
  public init(print: @escaping (String) -> Void) { self.print = print }

  /// The stream of a connection.
  public func makeStream(for opening: ConnectionOpening) -> any Stream { ServerLines(print: print) }
}
