import Packets
import Reassembly

/// Takes bytes and does nothing with them, so that the cost is the engine's.
final class CountingStream: TCPStream, StreamFactory {
  private(set) var bytes = 0

  func makeStream(for opening: ConnectionOpening) -> any TCPStream { self }
  func reassembled(_ data: inout ReassembledData) { bytes += data.count }
  func reassemblyComplete(_ report: ConnectionReport) -> Bool { true }
}
