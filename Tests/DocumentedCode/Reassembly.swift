import Packets
import Reassembly

/// Streams that take no notice of anything.
public final class MyFactory: StreamFactory {
  final class Ignoring: Stream {
    func reassembled(_ data: inout ReassembledData) {}
    func reassemblyComplete(_ report: ConnectionReport) -> Bool { true }
  }

  /// Makes the factory.
  public init() {}

  /// A stream for each connection.
  public func makeStream(for opening: ConnectionOpening) -> any Stream { Ignoring() }
}

/// Hands one packet to an assembler.
public func embed(_ packet: [UInt8], _ info: CaptureInfo) throws -> Disposition {
  let bytes = packet.span
  var assembler = Assembler(factory: MyFactory())
  let disposition = try assembler.assemble(packet: bytes, linkType: .ethernet, info: info)
  _ = assembler.flushAll()
  return disposition
}
