import Capture
import Packets
import Reassembly

/// Reads a capture into streams that do nothing.
func embedCapture(_ path: String) throws {
  var capture = try CaptureFile(path)
  var assembler = Assembler { _ in LineCounter() }
  while let packet = try capture.next() {
    _ = try? assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: packet.info)
  }
  assembler.flushAll()
}

/// Assembles one packet.
func embedPacket(_ frame: [UInt8], at nanoseconds: Int64, number: UInt64, in assembler: inout Assembler) throws {
  let info = CaptureInfo(time: Timestamp(nanoseconds: nanoseconds), capturedLength: frame.count, packetNumber: number)
  try assembler.assemble(packet: frame, linkType: .ethernet, info: info)
}

/// Counts whole lines.
final class LineCounter: TCPStream {
  private var lines = 0

  func reassembled(_ data: inout ReassembledData) {
    let bytes = data.bytes
    let end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    lines += bytes[..<end].count { $0 == UInt8(ascii: "\n") }
    data.keep(from: end)
  }

  func reassemblyComplete(_ report: ConnectionReport) -> Bool { true }
}

/// Rejects segments that the state of the connection does not allow.
final class StrictStream: TCPStream {
  let segmentFilter: (any SegmentFilter)? = Strictness.checking(states: true, options: false)

  func reassembled(_ data: inout ReassembledData) {}
  func reassemblyComplete(_ report: ConnectionReport) -> Bool { true }
}
