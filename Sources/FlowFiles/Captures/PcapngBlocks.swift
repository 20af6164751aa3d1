internal import Packets

/// Blocks of pcapng as they are written: little-endian, one section. (draft-ietf-opsawg-pcapng)
///
///     +------+--------+---------------------------------+----------------------------+--------+
///     | type | length | fields, and padding to 32 bits  | options: code, length, ... | length |
///     +------+--------+---------------------------------+----------------------------+--------+
enum PcapngBlocks {
  enum BlockType {
    static let section: UInt32 = 0x0a0d_0d0a
    static let interface: UInt32 = 1
    static let packet: UInt32 = 6
    static let secrets: UInt32 = 10
  }

  enum OptionCode {
    static let comment: UInt16 = 1
    static let interfaceName: UInt16 = 2
    static let packetFlags: UInt16 = 2
    static let timeResolution: UInt16 = 9
    static let checkSequence: UInt16 = 13
    static let timeOffset: UInt16 = 14
  }

  /// Section header: byte order, version 1.0, length unknown.
  static let section: [UInt8] = {
    var bytes: [UInt8] = []
    bytes.append(addingCapacity: 28) { text in
      for word in [BlockType.section, 28, 0x1a2b_3c4d, 1, .max, .max, 28] { text.append(little: word) }
    }
    return bytes
  }()

  /// Greatest length in bytes of a frame check sequence that a block can state.
  static let longestCheckSequence = 15

  /// Appends the description of an interface.
  static func append(_ interface: CaptureInterface, to bytes: inout [UInt8]) {
    let start = bytes.count
    let name = interface.name ?? []
    bytes.append(addingCapacity: 80) { text in
      text.append(little: BlockType.interface)
      text.append(little: 0 as UInt32)
      text.append(little: UInt32(interface.fileLinkType))
      text.append(little: interface.snapshotLength)
      if !name.isEmpty { text.append(option: OptionCode.interfaceName, length: name.count) }
    }
    bytes += name
    bytes.append(addingCapacity: 80) { text in
      text.append(zeros: padding(name.count))
      let ticks = Ticks(interface)
      if ticks.resolution != Ticks.standardResolution {
        text.append(option: OptionCode.timeResolution, length: 1)
        text.append(little: UInt32(ticks.resolution))
      }
      if interface.timeOffset != 0 {
        text.append(option: OptionCode.timeOffset, length: 8)
        text.append(little: UInt32(truncatingIfNeeded: interface.timeOffset))
        text.append(little: UInt32(truncatingIfNeeded: interface.timeOffset >> 32))
      }
      let checkSequence = statedCheckSequence(interface)
      if checkSequence > 0 {
        text.append(option: OptionCode.checkSequence, length: 1)
        text.append(little: UInt32(checkSequence))
      }
      // The end of the options.
      text.append(little: 0 as UInt32)
    }
    end(&bytes, from: start)
  }

  /// Length in bytes of the frame check sequence that the description of an interface states.
  static func statedCheckSequence(_ interface: CaptureInterface) -> Int {
    interface.checkSequence <= longestCheckSequence ? max(0, interface.checkSequence) : 0
  }

  /// Appends a block of secrets that holds a key log of TLS.
  static func append(keyLog: [UInt8], to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(addingCapacity: 16) { text in
      text.append(little: BlockType.secrets)
      text.append(little: 0 as UInt32)
      // "TLSK", a key log of TLS.
      text.append(little: 0x544c_534b as UInt32)
      text.append(little: UInt32(truncatingIfNeeded: keyLog.count))
    }
    bytes += keyLog
    bytes.append(addingCapacity: 4) { $0.append(zeros: padding(keyLog.count)) }
    end(&bytes, from: start)
  }

  /// Ends a block that begins at `start` with its length, which goes to its beginning too.
  private static func end(_ bytes: inout [UInt8], from start: Int) {
    let length = UInt32(truncatingIfNeeded: bytes.count - start + 4)
    for index in 0..<4 { bytes[start + 4 + index] = UInt8(truncatingIfNeeded: length >> UInt32(8 * index)) }
    bytes.append(addingCapacity: 4) { $0.append(little: length) }
  }

  /// Number of bytes from `count` to the next multiple of 32 bits.
  static func padding(_ count: Int) -> Int { -count & 3 }
}

extension PcapngBlocks {
  /// Conversion of times to the ticks of an interface.
  ///
  /// The resolution is that of the original capture, unless it is finer than a nanosecond: times are known in nanoseconds.
  struct Ticks {
    /// Value of `if_tsresol` that is left out: microseconds.
    static let standardResolution: UInt8 = 6
    private static let nanoseconds: UInt8 = 9

    /// Value of `if_tsresol`.
    let resolution: UInt8
    private let offset: Int64

    @inline(__always)
    init(_ interface: CaptureInterface) {
      let stated = interface.timeResolution
      // 2^29 ticks a second are coarser than nanoseconds, 2^30 are finer.
      resolution = stated <= Self.nanoseconds || (0x80...0x80 + 29).contains(stated) ? stated : Self.nanoseconds
      offset = interface.timeOffset
    }

    /// Returns the ticks of a time; 0 for a time before the first tick.
    @inline(__always)
    func ticks(at time: Timestamp) -> UInt64 {
      if offset == 0, time.nanoseconds >= 0, resolution == 6 { return UInt64(time.nanoseconds) / 1000 }
      return inAnyUnit(time)
    }

    /// 128 bits hold every intermediate result: the offset is below 2^94 nanoseconds, and a binary unit multiplies by 2^29 at most.
    private func inAnyUnit(_ time: Timestamp) -> UInt64 {
      let elapsed = Int128(time.nanoseconds) - Int128(offset) * 1_000_000_000
      if resolution & 0x80 == 0 {
        let unit = (resolution..<Self.nanoseconds).reduce(Int128(1)) { power, _ in power * 10 }
        return UInt64(clamping: elapsed / unit)
      }
      // A reader rounds down, so the ticks are rounded up.
      return UInt64(clamping: (elapsed << Int128(resolution & 0x7f) + 999_999_999) / 1_000_000_000)
    }
  }
}

extension OutputSpan<UInt8> {
  /// Appends the code and the length of an option.
  @_lifetime(self: copy self)
  @inline(__always)
  mutating func append(option code: UInt16, length: Int) {
    append(little: UInt32(code) | UInt32(UInt16(clamping: length)) << 16)
  }

  /// Appends zeros.
  @_lifetime(self: copy self)
  @inline(__always)
  mutating func append(zeros count: Int) { for _ in 0..<count { append(0) } }
}
