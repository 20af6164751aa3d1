import Capture
import Foundation
import Packets
import Testing

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
    var linkType: LinkType
    var bytes: [UInt8]
    var passesFilter: Bool
  }

  var format: CaptureFormat
  var linkType: LinkType?
  var packets: [Packet] = []
  var summary: InputSummary
  /// Why it ended before its end.
  var error: CaptureError? { summary.error }

  /// - Throws: the `CaptureError` of a capture that cannot be opened.
  init(_ path: String, filter: String? = nil) throws {
    var captures = try CaptureSet(paths: [path], filter: filter)
    if captures.summary(0).format == nil, let error = captures.summary(0).error { throw error }
    while let packet = captures.next() {
      var bytes: [UInt8] = []
      for index in packet.bytes.indices { bytes.append(packet.bytes[index]) }
      packets.append(Packet(info: packet.info, linkType: packet.linkType, bytes: bytes, passesFilter: packet.passesFilter))
    }
    summary = captures.summary(0)
    format = try #require(summary.format)
    linkType = summary.linkTypes.first
  }
}
