import Capture
import Packets
import Reassembly

/// The bytes of every packet of some captures, by input.
public func bytesCaptured(in paths: [String]) throws -> [UInt32: Int] {
  var captures = try CaptureSet(paths: paths, filter: "tcp")
  var bytes: [UInt32: Int] = [:]
  while let packet = captures.next() {
    if packet.passesFilter { bytes[packet.info.input, default: 0] += packet.bytes.count }
  }
  for index in 0..<captures.count {
    if let error = captures.summary(index).error { throw error }
  }
  return bytes
}

/// Feeds an assembler with a capture.
public func reassemble(_ path: String, into factory: any StreamFactory) throws -> Statistics {
  var capture = try CaptureFile(path)
  var assembler = Assembler(factory: factory)
  while let packet = try capture.next() {
    // A packet that holds no TCP segment throws why.
    _ = try? assembler.assemble(packet: packet.bytes, linkType: packet.linkType, info: packet.info)
  }
  assembler.flushAll()
  return assembler.statistics
}
