import EngineChecks
import Packets
import Reassembly
import TestSupport

/// The fragment reassembler, fed whole packets of `LinkType.raw`. The first byte selects:
///
/// - bit 0: fragments of two datagrams made from a script and held against the rule byte by byte, or packets as the input has them;
/// - bit 1: IPv4 or IPv6;
/// - bits 2 to 7: the policy.
enum FragmentTarget {
  static func problems(_ input: [UInt8]) -> [String] {
    var source = ByteSource(input)
    let header = source.next()
    var options = AssemblerOptions()
    options.fragmentPolicy = FragmentPolicy.allCases[Int(header >> 2) % FragmentPolicy.allCases.count]
    return header & 1 == 0 ? scripted(isIPv6: header & 2 != 0, options, &source) : raw(options, &source)
  }

  /// Packets as they stand in the input, each behind a byte for the time and two for its length.
  private static func raw(_ options: AssemblerOptions, _ source: inout ByteSource) -> [String] {
    var options = options
    options.fragmentMemory = 4_096
    let engine = FedEngine(options)
    var number: UInt64 = 0
    while !source.isEmpty {
      engine.time += Int64(source.next()) * 250_000_000
      let packet = source.take(Int(source.next16() & 0x7ff))
      number += 1
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: engine.time), capturedLength: packet.count, originalLength: packet.count, packetNumber: number)
      _ = try? engine.assembler.assemble(packet: packet.span, linkType: .raw, info: info)
    }
    let problems = engine.finish()
    let all = engine.assembler.statistics.fragments
    let known =
      all.datagrams + all.duplicates + all.overlapping + all.oversized + all.malformed + all.timedOut + all.evicted + all.incomplete
    return problems + (all.fragments == 0 || known > 0 ? [] : ["fragments without account"])
  }

  /// Two bytes a fragment: more, differs, offset; which datagram, length.
  private static func scripted(isIPv6: Bool, _ options: AssemblerOptions, _ source: inout ByteSource) -> [String] {
    let engine = FedEngine(options)
    var models = [FragmentModel(isIPv6: isIPv6, options.fragmentPolicy), FragmentModel(isIPv6: isIPv6, options.fragmentPolicy)]
    var found: [String] = []
    var number = 0
    while !source.isEmpty, number < 64 {
      let (place, size) = (source.next(), source.next())
      number += 1
      let which = Int(size & 1)
      let offset = Int(place >> 2) * 8
      let length = Int(size >> 1 & 15) * 8 + Int(size >> 5)
      let more = place & 1 != 0
      // A whole datagram is no fragment.
      if offset == 0, !more { continue }
      var payload = (0..<length).map { content(which, offset + $0) }
      if place & 2 != 0 {
        for index in payload.indices where offset + index >= 24 { payload[index] ^= UInt8(truncatingIfNeeded: number * 2 + 1) }
      }
      let info = CaptureInfo(
        time: Timestamp(nanoseconds: engine.time), capturedLength: 0, originalLength: 65_535, packetNumber: UInt64(number))
      let expected = models[which].take(payload, at: offset, isLast: !more)
      let packet = self.packet(payload, at: offset, more: more, identification: which, isIPv6: isIPv6)
      let isWhole = isWhole { () throws(DecodeError) in try engine.assembler.assemble(packet: packet.span, linkType: .raw, info: info) }
      if models[which].isFollowed(expected), isWhole != (expected != nil) { found.append("fragment \(number): whole \(isWhole)") }
      if let expected, expected.count > 20 {
        let bytes = engine.factory.streams.first { $0.opening.key.sourcePort == 1_000 + UInt16(which) }?.halves[0].bytes
        if bytes != Array(expected[20...]) { found.append("fragment \(number): another datagram than the rule's") }
      }
    }
    _ = engine.assembler.flushAll()
    return found + engine.factory.problems
  }

  private static func isWhole(_ assemble: () throws(DecodeError) -> Disposition) -> Bool {
    do throws(DecodeError) { return try assemble().kind != .fragment } catch { return true }
  }

  /// A byte of datagram `which`: a TCP header with SYN, then something.
  private static func content(_ which: Int, _ offset: Int) -> UInt8 {
    let header: [UInt8] = [0x03, 0xe8 + UInt8(which), 0, 80, 0, 0, 0x10, 0, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0]
    return offset < header.count ? header[offset] : UInt8(truncatingIfNeeded: offset &* 7 ^ offset >> 4)
  }

  private static func packet(_ payload: [UInt8], at offset: Int, more: Bool, identification: Int, isIPv6: Bool) -> [UInt8] {
    guard isIPv6 else {
      var header = IPv4Header(source: IPAddress(v4: 0x0a00_0001), destination: IPAddress(v4: 0x0a00_0002), protocol: 6)
      header.identification = UInt16(identification)
      header.moreFragments = more
      header.fragmentOffset = offset
      return header.packet(payload)
    }
    let header = IPv6Header(source: IPAddress(high: 1, low: 1), destination: IPAddress(high: 1, low: 2), nextHeader: 6)
    return header.fragment(payload, at: offset, more: more, identification: UInt32(identification))
  }
}
