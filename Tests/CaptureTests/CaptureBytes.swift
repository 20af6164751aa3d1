/// Writes captures byte by byte, so that a test can get every field of them wrong.
struct CaptureBytes {
  var bytes: [UInt8] = []
  var isBigEndian = false

  mutating func put(_ value: UInt16) {
    let order = isBigEndian ? [value >> 8, value] : [value, value >> 8]
    bytes += order.map { UInt8(truncatingIfNeeded: $0) }
  }

  mutating func put(_ value: UInt32) {
    let high = UInt16(value >> 16)
    let low = UInt16(truncatingIfNeeded: value)
    put(isBigEndian ? high : low)
    put(isBigEndian ? low : high)
  }

  mutating func fileHeader(magic: UInt32 = 0xa1b2_c3d4, linkType: UInt32 = 1, snapshotLength: UInt32 = 65535) {
    put(magic)
    put(UInt16(2))
    put(UInt16(4))
    put(UInt32(0))
    put(UInt32(0))
    put(snapshotLength)
    put(linkType)
  }

  /// What stands before the first packet, in either format.
  mutating func beginning(isPcapng: Bool) {
    if isPcapng {
      section()
      interface(linkType: 1)
    } else {
      fileHeader()
    }
  }

  mutating func packet(seconds: UInt32 = 1, fraction: UInt32 = 0, captured: UInt32, original: UInt32, _ data: [UInt8]) {
    put(seconds)
    put(fraction)
    put(captured)
    put(original)
    bytes += data
  }

  mutating func packet(seconds: UInt32 = 1, fraction: UInt32 = 0, _ data: [UInt8]) {
    packet(seconds: seconds, fraction: fraction, captured: UInt32(data.count), original: UInt32(data.count), data)
  }

  /// A block of a pcapng file, with the two lengths around its body.
  mutating func block(_ type: UInt32, _ body: (inout CaptureBytes) -> Void) {
    var inner = CaptureBytes(isBigEndian: isBigEndian)
    body(&inner)
    while inner.bytes.count % 4 != 0 { inner.bytes.append(0) }
    put(type)
    put(UInt32(inner.bytes.count + 12))
    bytes += inner.bytes
    put(UInt32(inner.bytes.count + 12))
  }

  mutating func section() {
    block(0x0a0d_0d0a) { body in
      body.put(UInt32(0x1a2b_3c4d))
      body.put(UInt16(1))
      body.put(UInt16(0))
      body.put(UInt32.max)
      body.put(UInt32.max)
    }
  }

  mutating func interface(linkType: UInt16, snapshotLength: UInt32 = 65535, options: [(code: UInt16, value: [UInt8])] = []) {
    block(1) { body in
      body.put(linkType)
      body.put(UInt16(0))
      body.put(snapshotLength)
      body.put(options)
    }
  }

  mutating func put(_ options: [(code: UInt16, value: [UInt8])]) {
    for option in options {
      put(option.code)
      put(UInt16(option.value.count))
      bytes += option.value + [UInt8](repeating: 0, count: -option.value.count & 3)
    }
  }

  /// Eight bytes in the byte order of the capture.
  func word(_ value: UInt64) -> [UInt8] {
    let little = (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    return isBigEndian ? little.reversed() : little
  }

  /// Adds an enhanced packet block; `captured` is the length it states, where that is not the one it has.
  mutating func enhancedPacket(
    interface: UInt32 = 0, timeHigh: UInt32 = 0, timeLow: UInt32 = 0, captured: UInt32? = nil, _ data: [UInt8],
    options: [(code: UInt16, value: [UInt8])] = []
  ) {
    block(6) { body in
      body.put(interface)
      body.put(timeHigh)
      body.put(timeLow)
      body.put(captured ?? UInt32(data.count))
      body.put(UInt32(data.count))
      body.bytes += data
      if !options.isEmpty { body.bytes += [UInt8](repeating: 0, count: -data.count & 3) }
      body.put(options)
    }
  }

  mutating func obsoletePacket(interface: UInt16 = 0, drops: UInt16, _ data: [UInt8]) {
    block(2) { body in
      body.put(interface)
      body.put(drops)
      for word in [0, 0, UInt32(data.count), UInt32(data.count)] { body.put(word) }
      body.bytes += data
    }
  }
}
