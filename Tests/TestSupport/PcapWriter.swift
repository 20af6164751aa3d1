package import Packets

/// Makes the bytes of a classic capture file, in either byte order and either resolution.
package struct PcapWriter: Sendable {
  package enum Resolution: Sendable {
    case microseconds, nanoseconds
  }

  package private(set) var bytes: [UInt8]
  /// Packets written so far.
  package private(set) var count = 0
  private let isBigEndian: Bool
  private let resolution: Resolution
  private let snapLength: Int

  package init(linkType: LinkType, resolution: Resolution = .nanoseconds, bigEndian isBigEndian: Bool = false, snapLength: Int = 262_144) {
    self.isBigEndian = isBigEndian
    self.resolution = resolution
    self.snapLength = snapLength
    bytes = []
    append(UInt32(resolution == .nanoseconds ? 0xa1b2_3c4d : 0xa1b2_c3d4))
    append(UInt16(2))
    append(UInt16(4))
    append(UInt32(0))
    append(UInt32(0))
    append(UInt32(snapLength))
    append(UInt32(bitPattern: linkType.rawValue))
  }

  /// Adds a packet, cut to the snap length.
  ///
  /// - Parameters:
  ///   - frame: the bytes of the packet.
  ///   - time: nanoseconds since 1970, not before.
  ///   - originalLength: the length on the wire, if the frame lacks its end already.
  public mutating func add(_ frame: [UInt8], time: Int64, originalLength: Int? = nil) {
    let fraction = time % 1_000_000_000
    append(UInt32(truncatingIfNeeded: time / 1_000_000_000))
    append(UInt32(truncatingIfNeeded: resolution == .nanoseconds ? fraction : fraction / 1_000))
    append(UInt32(min(frame.count, snapLength)))
    append(UInt32(originalLength ?? frame.count))
    bytes += frame.prefix(snapLength)
    count += 1
  }

  /// Takes the last `length` bytes off, as an interrupted copy does.
  package mutating func truncate(by length: Int) { bytes.removeLast(length) }

  private mutating func append<T: FixedWidthInteger>(_ value: T) {
    bytes += isBigEndian ? TestSupport.bigEndian(value) : littleEndian(value)
  }
}
