package import Packets
internal import TestSupport

/// A form in which a capture lies on the disk.
package struct HuntContainer: Hashable, Sendable {
  package enum Form: String, Sendable, CaseIterable {
    case microseconds, nanoseconds, pcapng
    /// pcapng with nanoseconds, options, and packets by turns in enhanced and obsolete blocks.
    case pcapngMixed
  }

  package var form: Form
  package var isBigEndian = false
  /// Whether the file is wrapped in gzip.
  package var isGzip = false

  package static let plain = HuntContainer(form: .nanoseconds)
  package static let all =
    Form.allCases.flatMap { form in [false, true].map { HuntContainer(form: form, isBigEndian: $0) } }
    + [Form.nanoseconds, .pcapngMixed].map { HuntContainer(form: $0, isGzip: true) }

  package var description: String { form.rawValue + (isBigEndian ? ", big-endian" : "") + (isGzip ? ", gzip" : "") }

  /// The capture of some packets.
  package func bytes(_ frames: [HuntFrame], _ linkType: LinkType) -> [UInt8] {
    let bytes =
      switch form {
      case .microseconds, .nanoseconds: classic(frames, linkType)
      case .pcapng, .pcapngMixed: blocks(frames, linkType)
      }
    return isGzip ? Self.gzip(bytes) : bytes
  }

  /// Wraps bytes in gzip (RFC 1952) with stored blocks (RFC 1951, section 3.2.4), in two members.
  private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    [bytes[..<(bytes.count / 2)], bytes[(bytes.count / 2)...]].flatMap { part -> [UInt8] in
      var member: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
      var rest = part
      repeat {
        let piece = rest.prefix(0xffff)
        rest = rest.dropFirst(piece.count)
        member.append(rest.isEmpty ? 1 : 0)
        member += littleEndian(UInt16(piece.count)) + littleEndian(~UInt16(piece.count)) + piece
      } while !rest.isEmpty
      return member + littleEndian(checksum(part)) + littleEndian(UInt32(part.count))
    }
  }

  /// CRC-32 of gzip (RFC 1952, section 8).
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0xedb8_8320 : rest >> 1 }
    }
  }

  private func number<T: FixedWidthInteger>(_ value: T) -> [UInt8] { isBigEndian ? bigEndian(value) : littleEndian(value) }

  private func classic(_ frames: [HuntFrame], _ linkType: LinkType) -> [UInt8] {
    let isMicro = form == .microseconds
    var bytes = number(UInt32(isMicro ? 0xa1b2_c3d4 : 0xa1b2_3c4d)) + number(UInt16(2)) + number(UInt16(4))
    bytes += number(UInt32(0)) + number(UInt32(0)) + number(UInt32(262_144)) + number(UInt32(bitPattern: linkType.rawValue))
    for frame in frames {
      let fraction = frame.time % 1_000_000_000
      bytes += number(UInt32(truncatingIfNeeded: frame.time / 1_000_000_000))
      bytes += number(UInt32(truncatingIfNeeded: isMicro ? fraction / 1_000 : fraction))
      bytes += number(UInt32(frame.captured.count)) + number(UInt32(frame.length)) + frame.captured
    }
    return bytes
  }

  private func blocks(_ frames: [HuntFrame], _ linkType: LinkType) -> [UInt8] {
    let isMixed = form == .pcapngMixed
    var bytes = block(0x0a0d_0d0a, number(UInt32(0x1a2b_3c4d)) + number(UInt16(1)) + number(UInt16(0)) + number(Int64(-1)))
    var interface = number(UInt16(truncatingIfNeeded: linkType.rawValue)) + number(UInt16(0)) + number(UInt32(262_144))
    // if_name, then if_tsresol: 10^-9.
    if isMixed {
      interface += number(UInt16(2)) + number(UInt16(3)) + [0x61, 0x62, 0x63, 0] + number(UInt16(9)) + number(UInt16(1)) + [9, 0, 0, 0]
      interface += number(UInt32(0))
    }
    bytes += block(1, interface)
    for (index, frame) in frames.enumerated() {
      let ticks = UInt64(bitPattern: isMixed ? frame.time : frame.time / 1_000)
      let body =
        number(UInt32(truncatingIfNeeded: ticks >> 32)) + number(UInt32(truncatingIfNeeded: ticks)) + number(UInt32(frame.captured.count))
        + number(UInt32(frame.length)) + frame.captured + [UInt8](repeating: 0, count: -frame.captured.count & 3)
      if isMixed, index % 3 == 2 {
        bytes += block(2, number(UInt16(0)) + number(UInt16(0xffff)) + body)
      } else {
        bytes += block(6, number(UInt32(0)) + body)
      }
      // A block of a kind that nobody knows.
      if isMixed, index % 5 == 4 { bytes += block(0x0bad_cafe, number(UInt64(index))) }
    }
    return bytes
  }

  private func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
    let length = number(UInt32(12 + body.count))
    return number(type) + length + body + length
  }
}

/// A packet as it is captured.
package struct HuntFrame: Sendable {
  package var time: Int64
  package var captured: [UInt8]
  /// On the wire.
  package var length: Int
}

extension HuntScript {
  /// As a capture states it.
  package var linkType: LinkType { link.linkType }

  package var frames: [HuntFrame] {
    packets.map { packet in
      let (captured, length) = packet.frame(link)
      return HuntFrame(time: packet.time, captured: captured, length: length)
    }
  }
}
