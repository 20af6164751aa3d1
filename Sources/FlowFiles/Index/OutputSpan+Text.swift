internal import Packets

/// Text as bytes, written into reserved memory.
///
/// File names and index lines are built a million times, and growing an array byte by byte costs more than the bytes. The caller reserves
/// room for the longest possible text; a longer one stops the program.
extension OutputSpan<UInt8> {
  @_lifetime(self: copy self)
  @inline(__always)
  mutating func append(text: StaticString) {
    let length = text.utf8CodeUnitCount
    precondition(length <= freeCapacity, "no room for the text")
    withUnsafeMutableBufferPointer { room, count in
      // The precondition ensures that the memory suffices.
      guard let start = room.baseAddress else { return }
      UnsafeMutableRawPointer(start + count).copyMemory(from: text.utf8Start, byteCount: length)
      count += length
    }
  }

  /// Appends bytes.
  @_lifetime(self: copy self)
  @inline(__always)
  mutating func append(bytes: Span<UInt8>) {
    precondition(bytes.count <= freeCapacity, "no room for the bytes")
    withUnsafeMutableBufferPointer { room, count in
      bytes.withUnsafeBytes { source in
        // The precondition ensures that the memory suffices.
        guard let start = room.baseAddress, let first = source.baseAddress else { return }
        UnsafeMutableRawPointer(start + count).copyMemory(from: first, byteCount: source.count)
        count += source.count
      }
    }
  }

  /// Appends 32 bits, the lowest byte first.
  @_lifetime(self: copy self)
  @inline(__always)
  mutating func append(little word: UInt32) {
    precondition(freeCapacity >= 4, "no room for the word")
    withUnsafeMutableBufferPointer { room, count in
      // The precondition ensures that the memory suffices.
      guard let start = room.baseAddress else { return }
      UnsafeMutableRawPointer(start + count).storeBytes(of: word.littleEndian, as: UInt32.self)
      count += 4
    }
  }

  /// Appends `"name":`, the beginning of a member of a JSON object.
  @_lifetime(self: copy self)
  @inline(__always)
  mutating func append(key name: StaticString) {
    let length = name.utf8CodeUnitCount
    precondition(length + 3 <= freeCapacity, "no room for the key")
    withUnsafeMutableBufferPointer { room, count in
      // The precondition ensures that the memory suffices.
      guard let start = room.baseAddress.map({ $0 + count }) else { return }
      start[0] = 0x22
      UnsafeMutableRawPointer(start + 1).copyMemory(from: name.utf8Start, byteCount: length)
      start[length + 1] = 0x22
      start[length + 2] = 0x3a
      count += length + 3
    }
  }

  /// Greatest number of digits of a number.
  static var decimalRoom: Int { 20 }

  /// Appends decimal digits, padded with zeros to `width`.
  @_lifetime(self: copy self)
  mutating func append(decimal value: UInt64, width: Int = 1) {
    append(lastDigits: Swift.max(Self.decimalDigits(of: value), width), of: value)
  }

  /// Returns the number of decimal digits of a number.
  @inline(__always)
  static func decimalDigits(of value: UInt64) -> Int {
    var digits = 1
    var bound: UInt64 = 10
    while value >= bound, digits < decimalRoom {
      digits += 1
      bound = bound.multipliedReportingOverflow(by: 10).partialValue
    }
    return digits
  }

  /// Appends the last decimal digits of a number.
  @_lifetime(self: copy self)
  @inline(__always)
  mutating func append(lastDigits digits: Int, of value: UInt64) {
    precondition(digits <= freeCapacity, "no room for the number")
    withUnsafeMutableBufferPointer { room, count in
      // The precondition ensures that the memory suffices.
      guard let start = room.baseAddress else { return }
      Self.write(value, digits: digits, to: start + count)
      count += digits
    }
  }

  /// Writes the last `digits` decimal digits of a number.
  @inline(__always)
  private static func write(_ value: UInt64, digits: Int, to start: UnsafeMutablePointer<UInt8>) {
    var rest = value
    var place = start + digits
    while place > start {
      place -= 1
      let quotient = rest / 10
      place.pointee = 0x30 &+ UInt8(truncatingIfNeeded: rest &- quotient &* 10)
      rest = quotient
    }
  }

  /// Greatest number of bytes that `append(dotted:width:)` writes.
  static var dottedRoom: Int { 15 }

  /// Appends four decimal numbers with dots between them, each padded with zeros to `width`, which is 1 or 3.
  @_lifetime(self: copy self)
  mutating func append(dotted value: UInt32, width: Int) {
    precondition(Self.dottedRoom <= freeCapacity, "no room for the address")
    withUnsafeMutableBufferPointer { room, count in
      // The precondition ensures that the memory suffices.
      guard let start = room.baseAddress else { return }
      var place = start + count
      var shift: UInt32 = 32
      while shift > 0 {
        shift -= 8
        let number = value >> shift & 255
        if width == 3 || number >= 100 {
          place.pointee = 0x30 &+ UInt8(truncatingIfNeeded: number / 100)
          place += 1
        }
        if width == 3 || number >= 10 {
          place.pointee = 0x30 &+ UInt8(truncatingIfNeeded: number / 10 % 10)
          place += 1
        }
        place.pointee = 0x30 &+ UInt8(truncatingIfNeeded: number % 10)
        place += 1
        if shift > 0 {
          place.pointee = 0x2e
          place += 1
        }
      }
      count = place - start
    }
  }

  /// Appends lower-case hexadecimal digits without leading zeros.
  @_lifetime(self: copy self)
  private mutating func append(hexadecimal value: UInt16) {
    var shift: UInt16 = 12
    while shift > 0, value >> shift == 0 { shift -= 4 }
    while true {
      append([UInt8].hexadecimalDigit(UInt8(truncatingIfNeeded: value >> shift)))
      if shift == 0 { return }
      shift -= 4
    }
  }

  /// Greatest number of bytes that `append(address:)` writes.
  static var addressRoom: Int { 39 }

  /// Appends an address: dotted decimal, or RFC 5952 for IPv6 (IPv4-mapped addresses in mixed notation, section 5).
  @_lifetime(self: copy self)
  mutating func append(address: IPAddress) {
    if address.family == .v4 {
      append(dotted: UInt32(truncatingIfNeeded: address.low), width: 1)
      return
    }
    if address.high == 0, address.low >> 32 == 0xffff {
      append(text: "::ffff:")
      append(dotted: UInt32(truncatingIfNeeded: address.low), width: 1)
      return
    }
    let zeros = address.longestZeroRun
    var index = 0
    while index < 8 {
      if index == zeros.lowerBound, zeros.count > 1 {
        append(text: "::")
        index = zeros.upperBound
        continue
      }
      if index > 0, index != zeros.upperBound || zeros.count < 2 { append(0x3a) }
      append(hexadecimal: address.group(index))
      index += 1
    }
  }
}

extension IPAddress {
  /// First of the longest runs of zero groups (RFC 5952, section 4.2.3); empty if there is none.
  fileprivate var longestZeroRun: Range<Int> {
    var best = 0..<0
    var start = 0
    for index in 0..<8 {
      if group(index) != 0 {
        start = index + 1
      } else if index + 1 - start > best.count {
        best = start..<(index + 1)
      }
    }
    return best
  }

  fileprivate func group(_ index: Int) -> UInt16 {
    let half = index < 4 ? high : low
    return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
  }
}
