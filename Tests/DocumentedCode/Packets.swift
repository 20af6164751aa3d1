import Packets

/// The TCP segment of a captured Ethernet frame, in words.
public func describe(_ frame: [UInt8]) -> String {
  do {
    let segment = try TCPSegment(decoding: frame.span, linkType: .ethernet, originalLength: frame.count)
    let ports = "\(segment.key.sourcePort) > \(segment.key.destinationPort)"
    return "\(ports), sequence \(segment.sequence.rawValue), \(segment.payload.count) bytes"
  } catch {
    return "no TCP segment: \(error)"
  }
}
