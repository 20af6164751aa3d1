import Packets

/// Builds packets byte by byte, from the inside out.
enum Frame {
  static func word(_ value: Int) -> [UInt8] { [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)] }

  static func long(_ value: UInt32) -> [UInt8] { word(Int(value >> 16)) + word(Int(value & 0xffff)) }

  static let payload = Array("hello, world".utf8)

  static func tcp(_ payload: [UInt8] = payload, options: [UInt8] = [], offset: Int? = nil) -> [UInt8] {
    let words = offset ?? (20 + options.count) / 4
    return word(40000) + word(80) + long(0x0102_0304) + long(0x1122_3344) + [UInt8(words << 4), 0x18] + word(4096) + [0, 0] + word(7)
      + options + payload
  }

  static func udp(_ payload: [UInt8], from source: Int = 50000, to destination: Int) -> [UInt8] {
    word(source) + word(destination) + word(8 + payload.count) + [0, 0] + payload
  }

  static func ipv4(
    _ payload: [UInt8], number: UInt8 = 6, options: [UInt8] = [], totalLength: Int? = nil, words: Int? = nil, fragment: Int = 0x4000,
    hosts: (UInt8, UInt8) = (1, 2)
  ) -> [UInt8] {
    let length = 20 + options.count
    return [UInt8(0x40 | (words ?? length / 4)), 0] + word(totalLength ?? length + payload.count) + word(0x2222) + word(fragment)
      + [64, number, 0, 0, 10, 0, 0, hosts.0, 10, 0, 0, hosts.1] + options + payload
  }

  static func ipv6(_ payload: [UInt8], next: UInt8 = 6, payloadLength: Int? = nil) -> [UInt8] {
    func host(_ last: UInt8) -> [UInt8] { [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [last] }
    return [0x60, 0, 0, 0] + word(payloadLength ?? payload.count) + [next, 64] + host(1) + host(2) + payload
  }

  static func ethernet(_ payload: [UInt8], type: Int = 0x0800) -> [UInt8] {
    [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + word(type) + payload
  }

  static func vlan(_ payload: [UInt8], id: Int, type: Int = 0x0800) -> [UInt8] { word(0x2000 | id) + word(type) + payload }

  static func label(_ payload: [UInt8], _ label: UInt32, bottom: Bool) -> [UInt8] {
    long(label << 12 | (bottom ? 0x100 : 0) | 64) + payload
  }

  static func snap(_ payload: [UInt8], type: Int = 0x0800, last: UInt8 = 0) -> [UInt8] { [0xaa, 0xaa, 3, 0, 0, last] + word(type) + payload }

  static func gre(_ payload: [UInt8], flags: Int = 0, type: Int = 0x0800, fields: [UInt8] = []) -> [UInt8] {
    word(flags) + word(type) + fields + payload
  }

  static func vxlan(_ payload: [UInt8], _ id: UInt32) -> [UInt8] { [8, 0, 0, 0] + long(id << 8) + payload }

  static func geneve(_ payload: [UInt8], _ id: UInt32, type: Int = 0x6558, options: [UInt8] = []) -> [UInt8] {
    [UInt8(options.count / 4), 0] + word(type) + long(id << 8) + options + payload
  }

  static func gtp(_ payload: [UInt8], _ endpoint: UInt32, flags: UInt8 = 0x30, fields: [UInt8] = []) -> [UInt8] {
    [flags, 0xff] + word(fields.count + payload.count) + long(endpoint) + fields + payload
  }

  static func sll(_ payload: [UInt8], type: Int = 0x0800, device: Int = 1) -> [UInt8] {
    word(0) + word(device) + word(6) + [2, 0, 0, 0, 0, 1, 0, 0] + word(type) + payload
  }

  static func sll2(_ payload: [UInt8], type: Int = 0x0800, device: Int = 1) -> [UInt8] {
    word(type) + [0, 0, 0, 0, 0, 3] + word(device) + [0, 6, 2, 0, 0, 0, 0, 1, 0, 0] + payload
  }

  /// One NFLOG attribute, padded to four bytes.
  static func attribute(_ type: Int, _ data: [UInt8], bigEndian: Bool = false) -> [UInt8] {
    let header = word(data.count + 4) + word(type)
    let ordered = bigEndian ? header : [header[1], header[0], header[3], header[2]]
    return ordered + data + [UInt8](repeating: 0, count: (4 - data.count % 4) % 4)
  }
}

/// What a segment holds, for comparing: the view itself cannot be kept.
struct Decoded: Equatable {
  var key: FlowKey
  var sequence: SequenceNumber
  var acknowledgment: SequenceNumber
  var flags: TCPFlags
  var window: UInt16
  var urgentPointer: UInt16
  var options: [UInt8]
  var payload: [UInt8]
  var missingLength: Int
  var layers: [String]

  init(_ segment: TCPSegment) {
    key = segment.key
    sequence = segment.sequence
    acknowledgment = segment.acknowledgment
    flags = segment.flags
    window = segment.window
    urgentPointer = segment.urgentPointer
    options = bytes(of: segment.options)
    payload = bytes(of: segment.payload)
    missingLength = segment.missingLength
    layers = names(of: segment.layers)
  }

  init(_ frame: [UInt8], _ linkType: LinkType = .ethernet, originalLength: Int? = nil) throws(DecodeError) {
    self.init(try TCPSegment(decoding: frame.span, linkType: linkType, originalLength: originalLength ?? frame.count))
  }
}

func bytes(of span: Span<UInt8>) -> [UInt8] {
  var copy: [UInt8] = []
  for index in 0..<span.count { copy.append(span[index]) }
  return copy
}

func names(of layers: LayerPath) -> [String] {
  (0..<layers.count).map { "\(layers[$0].kind):\(layers[$0].id)" }
}

/// Why a frame does not decode; `nil` where it does.
func reason(_ frame: [UInt8], _ linkType: LinkType = .ethernet, originalLength: Int? = nil) -> DecodeError? {
  do throws(DecodeError) {
    _ = try Decoded(frame, linkType, originalLength: originalLength)
    return nil
  } catch {
    return error
  }
}
