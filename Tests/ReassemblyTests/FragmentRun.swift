import Packets
import Reassembly
import TestSupport

/// An assembler that is fed IP packets, for the rules of fragments.
final class FragmentRun {
  var assembler: Assembler
  let recorder = Recorder()
  private var packetNumber: UInt64 = 0
  private var time = Conversation.epoch

  init(_ change: (inout AssemblerOptions) -> Void = { _ in }) {
    assembler = Assembler(factory: recorder, options: .with(change))
  }

  /// Feeds a packet.
  ///
  /// The capture lacks `cut` bytes at the end of the packet.
  /// - Returns: what became of it; nil where it holds no segment.
  @discardableResult
  func feed(_ packet: [UInt8], on link: LinkLayer = .raw, after seconds: Double = 0.001, cut: Int = 0) -> Disposition.Kind? {
    time += Int64(seconds * 1e9)
    packetNumber += 1
    let frame = link.frame(packet)
    let captured = Array(frame.dropLast(cut))
    let info = CaptureInfo(
      time: Timestamp(nanoseconds: time), capturedLength: captured.count, originalLength: frame.count, packetNumber: packetNumber)
    return try? assembler.assemble(packet: captured.span, linkType: link.linkType, info: info).kind
  }

  var figures: FragmentStatistics { assembler.statistics.fragments }

  /// Ends the input; answers the originator's bytes of every connection as text, gaps in place.
  func streams() -> [String] {
    assembler.flushAll()
    return recorder.streams.map { $0.rendered(.originator) }
  }
}

/// A segment with a payload, and its datagram in pieces.
struct TestDatagram {
  var isIPv6 = false
  var identification: UInt32 = 7
  var port: UInt16 = 40_000
  var sequence: UInt32 = 1
  var payload: [UInt8]
  /// IPv4 options of the first fragment.
  var options: [UInt8] = []
  var extensions: [IPv6Header.Extension] = []

  init(_ text: String, isIPv6: Bool = false, identification: UInt32 = 7, port: UInt16 = 40_000, sequence: UInt32 = 1) {
    payload = [UInt8](text: text)
    self.isIPv6 = isIPv6
    self.identification = identification
    self.port = port
    self.sequence = sequence
  }

  private var source: Endpoint { Endpoint(isIPv6 ? "2001:db8::1" : "10.0.0.1", port) }
  private var destination: Endpoint { Endpoint(isIPv6 ? "2001:db8::2" : "10.0.0.2", 80) }

  /// TCP header, 24 bytes with options that say nothing, and payload.
  var tcp: [UInt8] {
    var segment = TestSegment(source: source, destination: destination, sequence: sequence, flags: [.ack], payload: payload)
    segment.options = [1, 1, 1, 0]
    return PacketBuilder.tcp(segment)
  }

  /// Bytes of the datagram's payload as one fragment; those beyond its end are `fill`.
  func fragment(_ range: Range<Int>, more: Bool? = nil, fill: UInt8 = 0) -> [UInt8] {
    let whole = tcp
    return fragment(range.map { $0 < whole.count ? whole[$0] : fill }, at: range.lowerBound, more: more ?? (range.upperBound < whole.count))
  }

  func fragment(_ bytes: [UInt8], at offset: Int, more: Bool) -> [UInt8] {
    if isIPv6 {
      var header = IPv6Header(source: source.address, destination: destination.address, nextHeader: PacketBuilder.tcpProtocol)
      header.extensions = extensions
      return header.fragment(bytes, at: offset, more: more, identification: identification)
    }
    var header = IPv4Header(source: source.address, destination: destination.address, protocol: PacketBuilder.tcpProtocol)
    header.identification = UInt16(identification)
    header.options = options
    return header.fragment(bytes, at: offset, more: more)
  }

  /// All of it, cut at these places.
  func cut(at places: [Int]) -> [[UInt8]] {
    let bounds = [0] + places + [tcp.count]
    return zip(bounds, bounds.dropFirst()).map { fragment($0..<$1) }
  }
}
