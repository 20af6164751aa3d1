import Capture
import Foundation
import Packets

/// A file that goes with the value.
final class TemporaryFile {
  let path: String

  init(_ bytes: [UInt8]) throws {
    path = NSTemporaryDirectory() + "reasm-capture-" + UUID().uuidString
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Everything that a capture gave until it ended.
struct Reading {
  struct Packet {
    var info: CaptureInfo
    var bytes: [UInt8]
    var passesFilter: Bool
  }

  var format: CaptureFormat
  var linkType: LinkType
  var packets: [Packet] = []
  /// Why it ended before its end.
  var error: CaptureError?

  init(_ path: String, filter: String? = nil, input: UInt32 = 0) throws {
    var handle = try PcapHandle(path: path, filter: filter, input: input)
    format = handle.format
    linkType = handle.linkType
    do throws(CaptureError) {
      while let packet = try handle.next() {
        var bytes: [UInt8] = []
        for index in packet.bytes.indices { bytes.append(packet.bytes[index]) }
        packets.append(Packet(info: packet.info, bytes: bytes, passesFilter: packet.passesFilter))
      }
    } catch {
      self.error = error
    }
  }
}
