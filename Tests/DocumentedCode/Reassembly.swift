import Capture
import Packets
import Reassembly

/// Streams that take no notice of anything.
public final class MyFactory: StreamFactory {
  final class Ignoring: TCPStream {
    func reassembled(_ data: inout ReassembledData) {}
    func reassemblyComplete(_ report: ConnectionReport) -> Bool { true }
  }

  /// Makes the factory.
  public init() {}

  /// A stream for each connection.
  public func makeStream(for opening: ConnectionOpening) -> any TCPStream { Ignoring() }
}

/// Hands one packet to an assembler.
public func embed(_ packet: [UInt8], _ info: CaptureInfo) throws -> Disposition {
  let bytes = packet.span
  var assembler = Assembler(factory: MyFactory())
  let disposition = try assembler.assemble(packet: bytes, linkType: .ethernet, info: info)
  assembler.flushAll()
  return disposition
}

final class ByteCounter: TCPStream {
  private var bytes = 0

  func reassembled(_ data: inout ReassembledData) {
    data.forEachNewChunk { chunk, packet in bytes += chunk.count }
  }

  func reassemblyComplete(_ report: ConnectionReport) -> Bool {
    print(report.start, report.clientEndpoint, report.serverEndpoint, bytes)
    return true
  }
}

func countBytes() throws {
  var capture = try CaptureFile("capture.pcapng")
  var assembler = Assembler { opening in ByteCounter() }
  while let packet = try capture.next() {
    _ = try? assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: packet.info)
  }
  assembler.flushAll()
}
