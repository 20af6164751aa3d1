/// The options that matter to a stream. Each is O(options) and `nil` where it is absent or has another length than its own.
extension TCPSegment {
  /// The value and the echo of the timestamps option (RFC 7323, section 3).
  public struct Timestamps: Hashable, Sendable {
    /// Clock of the sender.
    public var value: UInt32
    /// Latest clock of the peer that the sender saw.
    public var echo: UInt32
  }

  /// The largest segment that the sender takes; only in segments with SYN (RFC 9293, section 3.7.1).
  public var maximumSegmentSize: UInt16? {
    guard let option = firstOption(2), option.data.count == 2 else { return nil }
    return option.data.uint16(at: 0)
  }

  /// By how many bits the sender shifts its windows, as it stands in the option; only in segments with SYN (RFC 7323, section 2).
  ///
  /// Receivers take more than 14 as 14.
  public var windowScale: UInt8? {
    guard let option = firstOption(3), option.data.count == 1 else { return nil }
    return option.data[0]
  }

  /// Whether the sender takes selective acknowledgments; only in segments with SYN (RFC 2018, section 2).
  public var permitsSelectiveAcknowledgment: Bool {
    guard let option = firstOption(4) else { return false }
    return option.data.isEmpty
  }

  /// The timestamps option.
  public var timestamps: Timestamps? {
    guard let option = firstOption(8), option.data.count == 8 else { return nil }
    return Timestamps(value: option.data.uint32(at: 0), echo: option.data.uint32(at: 4))
  }

  @_lifetime(copy self)
  private func firstOption(_ kind: UInt8) -> TCPOption? {
    var walk = TCPOptions(options)
    while let option = walk.next() {
      if option.kind == kind { return option }
    }
    return nil
  }
}
