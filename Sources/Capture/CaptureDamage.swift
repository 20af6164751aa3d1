/// Parts of a capture that could not be read although later parts could.
public struct CaptureDamage: Hashable, Sendable {
  /// Number of damaged blocks, and of stretches without a block.
  public internal(set) var places: UInt64 = 0
  /// Number of bytes that were passed over there.
  public internal(set) var bytes: UInt64 = 0
  /// Description of the first damage; empty if there is none.
  public internal(set) var detail = ""
  /// Number of packets of interfaces that the capture does not describe.
  public internal(set) var undescribedPackets: UInt64 = 0

  /// Number of packets whose time is not stated, or before 1677 or after 2262; they have that of the packet before them.
  public internal(set) var untimedPackets: UInt64 = 0

  /// Creates a value without damage.
  public init() {}

  mutating func add(_ words: String, bytes count: Int) {
    if places == 0 { detail = words }
    places &+= 1
    bytes &+= UInt64(count)
  }
}
